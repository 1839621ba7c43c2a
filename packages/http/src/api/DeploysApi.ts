import { CreateDeploy, Deploy, DeployEvent, DeployId, IdempotencyKey, Page, ProgressEvent } from "@deploys/core"
import { Schema, SchemaTransformation } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { describe } from "./ApiDocument.ts"
import { Authorization } from "./Authorization.ts"
import * as Examples from "./Examples.ts"
import { appliedHeader, conditionalGet, DeployFound, preferHeader } from "./GetDeploy.ts"
import { listParameters } from "./ListParameters.ts"
import { ListQuery, listQueryFaults } from "./ListQuery.ts"
import * as Problems from "./Problems.ts"
import { SearchDeploys } from "./SearchDeploys.ts"
import { JsonBody, OwnLimits, QueryFaults, StrictInput } from "./StrictInput.ts"

/** Body of a cancel; it may be left out as a whole. */
export const CancelDeploy = Schema.Struct({ reason: Schema.optionalKey(Schema.String) }).annotate({
  identifier: "CancelDeploy"
})
/** Body of a cancel. */
export interface CancelDeploy extends Schema.Schema.Type<typeof CancelDeploy> {}

/** Body of a rollback; it may be left out as a whole. */
export const RollbackDeploy = Schema.Struct({ reason: Schema.optionalKey(Schema.String) }).annotate({
  identifier: "RollbackDeploy"
})
/** Body of a rollback. */
export interface RollbackDeploy extends Schema.Schema.Type<typeof RollbackDeploy> {}

/** Header that lets a request be repeated: for 24 hours the same one answers with the deploy that it made. */
export const onceHeaders = { "idempotency-key": Schema.optionalKey(IdempotencyKey) }

/** Answer to what makes a deploy: its row and address, and whether an earlier request had made it. */
export const DeployCreated = HttpApiSchema.WithHeaders(Deploy.pipe(HttpApiSchema.status(201)), {
  location: Schema.String,
  "idempotency-replayed": Schema.optionalKey(Schema.Literal("true")),
  ...appliedHeader
})

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

/** The deploys of the workspaces that the caller may see. */
export class DeploysApi extends HttpApiGroup.make("deploys")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: ListQuery,
      success: Page,
      error: Problems.UnavailableResponse
    })
      .annotate(QueryFaults, listQueryFaults)
      .annotateMerge(listParameters)
      .annotateMerge(describe("List deploys", "A page of deploys, by default the newest 100.")),
    HttpApiEndpoint.post("search", "/search", {
      payload: SearchDeploys,
      success: Page,
      error: Problems.UnavailableResponse
    })
      .middleware(JsonBody)
      .annotate(OwnLimits, true)
      .annotateMerge(
        describe(
          "Search deploys",
          "The list with its parameters as a body, for what is too long for a query.",
          Examples.searches
        )
      ),
    HttpApiEndpoint.post("create", "/", {
      payload: CreateDeploy,
      headers: { ...onceHeaders, ...preferHeader },
      success: DeployCreated,
      error: [
        Problems.Forbidden,
        Problems.NotFound,
        Problems.BuildNotDeployable,
        Problems.NoDeployableBuild,
        Problems.IdempotencyKeyReused,
        Problems.UnavailableResponse
      ]
    })
      .middleware(JsonBody)
      .annotateMerge(
        describe(
          "Create a deploy",
          "Deploys a completed build, or the latest completed build of an app: exactly one of the two. `Prefer: wait=N` holds the answer until the deploy is final or N seconds, at most 60, have passed.",
          Examples.creates
        )
      ),
    HttpApiEndpoint.get("get", "/:id", {
      params,
      success: DeployFound,
      error: [Problems.NotFound, Problems.UnavailableResponse]
    })
      .annotateMerge(conditionalGet)
      .annotateMerge(
        describe(
          "Get a deploy",
          "A deploy with its steps in order, what can be done with it now, and while it is pending what it waits for."
        )
      ),
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
          "Ends a deploy for good. Cancelling a cancelled deploy succeeds again; the body may be left out.",
          Examples.reasons
        )
      ),
    HttpApiEndpoint.post("rollback", "/:id/rollback", {
      params,
      payload: [RollbackDeploy, Schema.Null],
      headers: onceHeaders,
      success: DeployCreated,
      error: [
        Problems.Forbidden,
        Problems.NotFound,
        Problems.DeployNotCompleted,
        Problems.BuildNotDeployable,
        Problems.IdempotencyKeyReused,
        Problems.UnavailableResponse
      ]
    })
      .middleware(JsonBody)
      .annotateMerge(
        describe(
          "Go back to a deploy",
          "Makes a new deploy of a completed deploy's build, and holds the app's automatic deploys back until a person releases the hold or a newer manual deploy completes. The body may be left out.",
          Examples.reasons
        )
      ),
    HttpApiEndpoint.get("events", "/:id/events", {
      params,
      headers: { "last-event-id": Schema.optionalKey(LastEventId) },
      success: HttpApiSchema.StreamSse({ events: DeploySse }),
      error: [Problems.NotFound, Problems.TooManyRequestsResponse, Problems.UnavailableResponse]
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
  .annotate(OpenApi.Title, "Deploys")
  .annotate(OpenApi.Description, "The deploys of the workspaces that the caller may see.") {}
