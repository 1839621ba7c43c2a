import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import * as Problems from "./Problems.ts"
import { StrictInput } from "./StrictInput.ts"

const Ok = Schema.Struct({ status: Schema.Literal("ok") })

/** What those who run the server ask. No token is needed. */
export class SystemApi extends HttpApiGroup.make("system")
  .add(
    HttpApiEndpoint.get("health", "/healthz", { success: Ok }).annotate(OpenApi.Summary, "Is the process alive?"),
    HttpApiEndpoint.get("ready", "/readyz", { success: Ok, error: Problems.UnavailableResponse }).annotate(
      OpenApi.Summary,
      "Does the store answer?"
    )
  )
  .middleware(StrictInput)
  .annotate(OpenApi.Title, "System")
  .annotate(OpenApi.Description, "What those who run the server ask. No token is needed.") {}
