import type { InputFault } from "@deploys/core"
import { Context } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
import * as Problems from "./Problems.ts"

/** How params, query and body of a request are read: what is not declared is a fault, and all faults are told. */
export const strictParsing = { onExcessProperty: "error", errors: "all" } as const

/**
 * Answers input that an endpoint does not declare, or declares otherwise, with one `InvalidRequest` that lists all faults of
 * path, headers, query and body: what is unknown, missing, repeated or malformed, a query over 16 KiB, and NUL or a lone
 * surrogate in any text. An answer of ours that does not fit its schema is an `InternalError`, as every defect is.
 */
export class StrictInput extends HttpApiMiddleware.Service<StrictInput>()("@deploys/http/StrictInput", {
  error: [Problems.InvalidRequest, Problems.InternalError]
}) {}

/**
 * Guards an endpoint with a buffered JSON body: at most 64 KiB, not compressed, at most 64 levels deep, and in within 30
 * seconds. Add it before `StrictInput`.
 */
export class JsonBody extends HttpApiMiddleware.Service<JsonBody>()("@deploys/http/JsonBody", {
  error: [Problems.InvalidRequest, Problems.RequestTimeout, Problems.PayloadTooLarge, Problems.UnsupportedMediaType]
}) {}

/**
 * Annotates an endpoint whose handler decodes its JSON body by itself, within limits of its own: `JsonBody` then looks at
 * type and size alone. Default: false.
 */
export const OwnLimits = Context.Reference<boolean>("@deploys/http/OwnLimits", { defaultValue: () => false })

/** A query as it came: a parameter that was given more than once has a list of values. */
export type RawQuery = Readonly<Record<string, string | ReadonlyArray<string>>>

/**
 * Annotates an endpoint whose handler reads the values of its query by itself: says what is wrong with them, so that they
 * are told together with what `StrictInput` finds.
 */
export class QueryFaults extends Context.Service<QueryFaults, (query: RawQuery) => ReadonlyArray<InputFault>>()(
  "@deploys/http/QueryFaults"
) {}
