import { HttpApi, OpenApi } from "effect/http-api"
import { document } from "./ApiDocument.ts"
import { DeploysApi } from "./DeploysApi.ts"
import { strictParsing } from "./StrictInput.ts"
import { SystemApi } from "./SystemApi.ts"

/**
 * The REST API. A host adds groups of its own with `Api.add(group)`; they get the same strictness about input when they use
 * `StrictInput` and `JsonBody`, and the same access rules when they use `Authorization`.
 *
 * Only requests are strict: a client of an older version reads answers that have gained a field.
 */
export class Api extends HttpApi.make("deploys")
  .add(DeploysApi)
  .add(SystemApi)
  .annotate(HttpApi.ParamsParseOptions, strictParsing)
  .annotate(HttpApi.QueryParseOptions, strictParsing)
  .annotate(HttpApi.PayloadParseOptions, strictParsing)
  .annotate(HttpApi.HeadersParseOptions, { errors: "all" })
  .annotateMerge(document)
  .annotate(OpenApi.Title, "Deploys")
  .annotate(OpenApi.Version, "0.1.0")
  .annotate(OpenApi.Description, "Puts builds live, step by step. Errors are problem details (RFC 9457).") {}
