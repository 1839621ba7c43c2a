import { DeployDetails } from "@deploys/core"
import { Schema } from "effect"
import { HttpApiSchema, OpenApi } from "effect/http-api"

/** Header that asks for the answer to be held until a deploy is final: `wait=N` (RFC 7240). */
export const preferHeader = { prefer: Schema.optionalKey(Schema.String) }

/** Header that says for how long an answer may have been held. */
export const appliedHeader = { "preference-applied": Schema.optionalKey(Schema.String) }

/** A deploy with its tag. Clients read the deploy alone. */
export const DeployFound = DeployDetails.pipe(
  HttpApiSchema.encodeToWithHeaders(
    { body: DeployDetails, headers: { etag: Schema.optionalKey(Schema.String), ...appliedHeader } },
    { decode: ({ body }) => body, encode: (body) => ({ body, headers: {} }) }
  )
)

const text = (name: string, description: string) => ({
  name,
  in: "header",
  required: false,
  description,
  schema: { type: "string" }
})

const parameters = [
  text(
    "prefer",
    "`wait=N` holds the answer until the deploy is final or N seconds, at most 60, have passed. Preferences that are malformed or not known are passed over."
  ),
  text("if-none-match", "Tags that the caller has: if the deploy still has one of them, the answer is a 304.")
]

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/**
 * Describes what callers of `get` may send and need not: were it declared as headers, each call of a typed client would have
 * to name them.
 */
export const conditionalGet = OpenApi.annotations({
  transform: (operation) => ({
    ...operation,
    parameters: [...listOf(operation["parameters"]), ...parameters],
    responses: {
      ...(isObject(operation["responses"]) ? operation["responses"] : {}),
      304: { description: "The deploy still has a tag that the caller named" }
    }
  })
})
