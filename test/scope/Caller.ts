import { Effect, Schema } from "effect"
import { ReadyServer } from "../setup/readyServer.ts"

/** A request; without a body it is a GET, with one a POST. */
export interface Asked {
  readonly path: string
  readonly method?: string
  readonly json?: unknown
  readonly raw?: Blob
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer, whole. */
export interface Answer {
  readonly status: number
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly text: string
}

const bodyOf = ({ json, raw }: Asked) => raw ?? (json === undefined ? undefined : JSON.stringify(json))

/** What differs between any two answers. */
const passing = new Set(["date", "x-request-id"])

/** Asks with a token. */
export const ask = Effect.fnUntraced(function* (token: string, asked: Asked) {
  const { url } = yield* ReadyServer
  return yield* Effect.promise(async (): Promise<Answer> => {
    const body = bodyOf(asked)
    const response = await fetch(`${url}${asked.path}`, {
      method: asked.method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        authorization: `Bearer ${token}`,
        ...(asked.json === undefined ? {} : { "content-type": "application/json" }),
        ...asked.headers
      },
      ...(body === undefined ? {} : { body })
    })
    const headers = [...response.headers].filter(([name]) => !passing.has(name))
    return { status: response.status, headers, text: await response.text() }
  })
})

const Made = Schema.fromJsonString(
  Schema.Struct({
    id: Schema.String,
    token: Schema.optionalKey(Schema.String),
    subject: Schema.optionalKey(Schema.String)
  })
)

class NotMade extends Schema.TaggedError<NotMade>()("NotMade", { path: Schema.String, text: Schema.String }) {}

/** Makes something, and answers with its id, and what else it is known by. */
export const make = Effect.fnUntraced(function* (token: string, asked: Asked) {
  const { status, text } = yield* ask(token, asked)
  if (status !== 201) return yield* new NotMade({ path: asked.path, text })
  return yield* Schema.decodeEffect(Made)(text)
})

/** The value that a header of the answer has. */
export const headerOf = ({ headers }: Answer, name: string) => headers.find(([key]) => key === name)?.[1] ?? ""
