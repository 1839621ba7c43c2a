import { type FeedEvent } from "@deploys/core"
import { Effect, Stream } from "effect"
import { Sse, Tar } from "effect/encoding"
import { HttpClient, HttpClientRequest } from "effect/http"
import { DeploySse } from "@deploys/http/api"
import type { RunningServer } from "./processes.ts"

const authorized = ({ token }: RunningServer) => HttpClientRequest.bearerToken(token)

/** What was answered: the status, and the body as JSON. */
export interface Answer {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into it without a schema
  readonly body: any
}

const send = Effect.fnUntraced(function* (server: RunningServer, request: HttpClientRequest.HttpClientRequest) {
  const response = yield* HttpClient.execute(authorized(server)(request))
  const answer: Answer = { status: response.status, body: yield* response.json }
  return answer
})

export const get = (server: RunningServer, path: string) => send(server, HttpClientRequest.get(`${server.url}${path}`))

export const post = (server: RunningServer, path: string, body?: unknown) => {
  const request = HttpClientRequest.post(`${server.url}${path}`)
  return send(server, body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body))
}

/** Sends files as a build of the app. */
export const upload = Effect.fnUntraced(function* (
  server: RunningServer,
  appId: string,
  files: Readonly<Record<string, string>>
) {
  const tar = Stream.fromIterable(Object.entries(files)).pipe(
    Stream.map(([name, content]) => Tar.file(name, content)),
    Stream.pipeThroughChannel(Tar.encode())
  )
  const request = HttpClientRequest.post(`${server.url}/api/apps/${appId}/builds`)
  return yield* send(server, HttpClientRequest.bodyStream(request, tar, { contentType: "application/x-tar" }))
})

/** A deploy's events from behind number `after`, as they come over the socket. */
export const events = (server: RunningServer, id: string, after = 0) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const request = HttpClientRequest.get(`${server.url}/api/deploys/${id}/events`).pipe(
        HttpClientRequest.setHeader("last-event-id", String(after))
      )
      return (yield* HttpClient.execute(authorized(server)(request))).stream
    })
  ).pipe(
    Stream.decodeText,
    Stream.pipeThroughChannel(Sse.decodeSchema(DeploySse)),
    Stream.map(({ data }): FeedEvent => data)
  )
