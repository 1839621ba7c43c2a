import { CreateDeploy, Deploy, DeployDetails, DeployEvent, DeployId, Page, ProgressEvent } from "@deploys/core"
import { Schema, SchemaTransformation } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import { ListQuery } from "./ListQuery.ts"
import * as Problems from "./Problems.ts"
import { JsonBody, StrictInput } from "./StrictInput.ts"

/** Body of a cancel; it may be left out as a whole. */
export const CancelDeploy = Schema.Struct({ reason: Schema.optionalKey(Schema.String) })
/** Body of a cancel. */
export interface CancelDeploy extends Schema.Schema.Type<typeof CancelDeploy> {}

/** One server-sent event: `id` is the event's number and is absent from progress, `event` its type, `data` all of it. */
export const DeploySse = Schema.Struct({
  id: Schema.optionalKey(Schema.String),
  event: Schema.String,
  data: Schema.fromJsonString(Schema.Union([DeployEvent, ProgressEvent]))
})
/** One server-sent event. */
export interface DeploySse extends Schema.Schema.Type<typeof DeploySse> {}

/** The number of an event that a reader has seen, as it came in a stream's `id`. */
export const LastEventId = Schema.String.check(
  Schema.isPattern(/^(0|[1-9][0-9]{0,8})$/, { expected: "the id of an event of this stream" })
).pipe(Schema.decodeTo(Schema.Natural, SchemaTransformation.numberFromString))

const params = { id: DeployId }

const describe = (summary: string, description: string) => OpenApi.annotations({ summary, description })

/** The deploys of the workspaces that the caller may see. */
export class DeploysApi extends HttpApiGroup.make("deploys")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: ListQuery,
      success: Page,
      error: Problems.UnavailableResponse
    }).annotateMerge(describe("List deploys", "A page of deploys, by default the newest 100.")),
    HttpApiEndpoint.post("create", "/", {
      payload: CreateDeploy,
      success: HttpApiSchema.WithHeaders(Deploy.pipe(HttpApiSchema.status(201)), { location: Schema.String }),
      error: [
        Problems.Forbidden,
        Problems.NotFound,
        Problems.BuildNotDeployable,
        Problems.NoDeployableBuild,
        Problems.UnavailableResponse
      ]
    })
      .middleware(JsonBody)
      .annotateMerge(
        describe(
          "Create a deploy",
          "Deploys a completed build, or the latest completed build of an app: exactly one of the two."
        )
      ),
    HttpApiEndpoint.get("get", "/:id", {
      params,
      success: DeployDetails,
      error: [Problems.NotFound, Problems.UnavailableResponse]
    }).annotateMerge(describe("Get a deploy", "A deploy with its steps in order, and what can be done with it now.")),
    HttpApiEndpoint.post("cancel", "/:id/cancel", {
      params,
      payload: [CancelDeploy, Schema.Null],
      success: Schema.Struct({ success: Schema.Literal(true) }),
      error: [Problems.Forbidden, Problems.NotFound, Problems.DeployFinished, Problems.UnavailableResponse]
    })
      .middleware(JsonBody)
      .annotateMerge(
        describe(
          "Cancel a deploy",
          "Ends a deploy for good. Cancelling a cancelled deploy succeeds again; the body may be left out."
        )
      ),
    HttpApiEndpoint.get("events", "/:id/events", {
      params,
      headers: { "last-event-id": Schema.optionalKey(LastEventId) },
      success: HttpApiSchema.StreamSse({ events: DeploySse }),
      error: [Problems.NotFound, Problems.UnavailableResponse]
    }).annotateMerge(
      describe(
        "Follow a deploy",
        "What has happened to a deploy and what happens now, as server-sent events, up to its last one. `Last-Event-ID` goes on behind an event."
      )
    )
  )
  .middleware(StrictInput)
  .middleware(Authorization)
  .prefix("/api/deploys")
  .annotate(OpenApi.Title, "Deploys") {}
