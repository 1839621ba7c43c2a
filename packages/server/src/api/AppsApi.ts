import { Entity, EntityId, Lane, WorkspaceId } from "@deploys/core"
import { Authorization, JsonBody, Problems, StrictInput } from "@deploys/http/api"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { NameTaken } from "./CatalogProblems.ts"
import { describe } from "./describe.ts"

/** Name of an app. It is the site's host name: lower-case letters, digits and inner hyphens, at most 40 characters. */
export const AppName = Schema.String.check(
  Schema.isPattern(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, {
    expected: "lower-case letters, digits and inner hyphens, at most 40 characters"
  })
)

/** An app to make; its kind is `app` if none is given. */
export const NewApp = Schema.Struct({
  workspaceId: WorkspaceId,
  name: AppName,
  kind: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[a-z0-9-]{1,40}$/)))
}).annotate({ identifier: "NewApp", examples: [{ workspaceId: WorkspaceId.make("default"), name: "shop" }] })
/** An app to make. */
export interface NewApp extends Schema.Schema.Type<typeof NewApp> {}

/** An app and what the engine knows of it: which deploy is live, whether automatic ones are held, what a new one does. */
export const AppDetails = Schema.Struct({
  ...Entity.fields,
  liveDeployId: Lane.fields.liveDeployId,
  hold: Lane.fields.hold,
  queuePolicy: Lane.fields.queuePolicy
}).annotate({ identifier: "AppDetails" })
/** An app and what the engine knows of it. */
export interface AppDetails extends Schema.Schema.Type<typeof AppDetails> {}

/** The apps of the workspaces that the caller may see. */
export class AppsApi extends HttpApiGroup.make("apps")
  .add(
    HttpApiEndpoint.get("list", "/", {
      success: Schema.Struct({ data: Schema.Array(Entity) }),
      error: Problems.UnavailableResponse
    }).annotateMerge(describe("List apps", "Those of the workspaces that the caller may see, the oldest first.")),
    HttpApiEndpoint.post("create", "/", {
      payload: NewApp,
      success: Entity.pipe(HttpApiSchema.status(201)),
      error: [Problems.Forbidden, Problems.NotFound, NameTaken, Problems.UnavailableResponse]
    })
      .middleware(JsonBody)
      .annotateMerge(describe("Make an app", "The name is the site's host name, so it is unique on the server.")),
    HttpApiEndpoint.get("get", "/:id", {
      params: { id: EntityId },
      success: AppDetails,
      error: [Problems.NotFound, Problems.UnavailableResponse]
    }).annotateMerge(describe("Get an app", "An app with its live deploy, its hold and its queue policy.")),
    HttpApiEndpoint.delete("releaseHold", "/:id/hold", {
      params: { id: EntityId },
      success: HttpApiSchema.NoContent,
      error: [Problems.Forbidden, Problems.NotFound, Problems.UnavailableResponse]
    }).annotateMerge(
      describe(
        "Release an app's hold",
        "Lets its automatic deploys go on after a rollback. Where there is no hold, does nothing."
      )
    )
  )
  .middleware(StrictInput)
  .middleware(Authorization)
  .prefix("/api/apps")
  .annotate(OpenApi.Title, "Apps")
  .annotate(OpenApi.Description, "What is deployed: each app has a name, builds, and one deploy that is live.") {}
