import { HttpApiMiddleware } from "effect/http-api"
import * as Problems from "./Problems.ts"

/** How params, query and body of a request are read: what is not declared is a fault, and all faults are told. */
export const strictParsing = { onExcessProperty: "error", errors: "all" } as const

/**
 * Answers input that an endpoint does not declare, or declares otherwise, with one `InvalidRequest` that lists all faults of
 * path, headers, query and body: what is unknown, missing, repeated or malformed, a query over 16 KiB, and NUL or a lone
 * surrogate in any text.
 */
export class StrictInput extends HttpApiMiddleware.Service<StrictInput>()("@deploys/http/StrictInput", {
  error: Problems.InvalidRequest
}) {}

/**
 * Guards an endpoint with a buffered JSON body: at most 64 KiB, not compressed, at most 64 levels deep. Add it before
 * `StrictInput`.
 */
export class JsonBody extends HttpApiMiddleware.Service<JsonBody>()("@deploys/http/JsonBody", {
  error: [Problems.InvalidRequest, Problems.PayloadTooLarge, Problems.UnsupportedMediaType]
}) {}
