import { Workspace } from "@deploys/core"
import { Authorization, JsonBody, Problems, StrictInput } from "@deploys/http/api"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { describe } from "./describe.ts"

/** A workspace to make. */
export const NewWorkspace = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100))
}).annotate({ identifier: "NewWorkspace", examples: [{ name: "Acme" }] })
/** A workspace to make. */
export interface NewWorkspace extends Schema.Schema.Type<typeof NewWorkspace> {}

/** The workspaces that the caller may see. */
export class WorkspacesApi extends HttpApiGroup.make("workspaces")
  .add(
    HttpApiEndpoint.get("list", "/", {
      success: Schema.Struct({ data: Schema.Array(Workspace) }),
      error: Problems.UnavailableResponse
    }).annotateMerge(describe("List workspaces", "Those that the caller may see, the oldest first.")),
    HttpApiEndpoint.post("create", "/", {
      payload: NewWorkspace,
      success: Workspace.pipe(HttpApiSchema.status(201)),
      error: [Problems.Forbidden, Problems.UnavailableResponse]
    })
      .middleware(JsonBody)
      .annotateMerge(describe("Make a workspace", "For callers with the right `admin` in all workspaces."))
  )
  .middleware(StrictInput)
  .middleware(Authorization)
  .prefix("/api/workspaces")
  .annotate(OpenApi.Title, "Workspaces")
  .annotate(OpenApi.Description, "The units that rights are given for.") {}
