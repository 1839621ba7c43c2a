/**
 * The errors of the API as RFC 9457 problem details, one class for each problem type. A problem's `type` is what programs
 * tell it by, `detail` says what happened this time.
 */
import {
  BuildId,
  BuildStatus,
  DeployId,
  DeployStatus,
  EntityId,
  FailureCode,
  InputFault,
  Right,
  WorkspaceId
} from "@deploys/core"
import { Schema } from "effect"
import { HttpApiError, HttpApiSchema } from "effect/http-api"

const type = <const Name extends string>(name: Name) => `urn:problem-type:deploys:${name}` as const

/** 400: the request can't be taken, with all its faults at once. */
export class InvalidRequest extends HttpApiError.Problem<InvalidRequest>()(
  "InvalidRequest",
  { type: type("invalid-request"), status: 400, title: "Invalid Request" },
  { errors: Schema.NonEmptyArray(InputFault) }
) {}

/** 401: there is no bearer token, or it is not a valid one; which of the two is not told. */
export class Unauthorized extends HttpApiError.Problem<Unauthorized>()("Unauthorized", {
  type: type("unauthorized"),
  status: 401,
  title: "Unauthorized"
}) {}

/** 403: the caller sees the workspace but lacks the right. */
export class Forbidden extends HttpApiError.Problem<Forbidden>()(
  "Forbidden",
  { type: type("forbidden"), status: 403, title: "Forbidden" },
  { right: Right, workspaceId: Schema.NullOr(WorkspaceId) }
) {}

/** 404: nothing is there that the caller may see. */
export class NotFound extends HttpApiError.Problem<NotFound>()("NotFound", {
  type: type("not-found"),
  status: 404,
  title: "Not Found"
}) {}

/** 405: the path is served, but not for this method; `Allow` lists those that it is served for. */
export class MethodNotAllowed extends HttpApiError.Problem<MethodNotAllowed>()("MethodNotAllowed", {
  type: type("method-not-allowed"),
  status: 405,
  title: "Method Not Allowed"
}) {}

/** 409: the build has not completed, or has no artifact. */
export class BuildNotDeployable extends HttpApiError.Problem<BuildNotDeployable>()(
  "BuildNotDeployable",
  { type: type("build-not-deployable"), status: 409, title: "Build Not Deployable" },
  { buildId: BuildId, buildStatus: BuildStatus, buildError: Schema.NullOr(Schema.String) }
) {}

/** 409: the app's default version has no completed build. */
export class NoDeployableBuild extends HttpApiError.Problem<NoDeployableBuild>()(
  "NoDeployableBuild",
  { type: type("no-deployable-build"), status: 409, title: "No Deployable Build" },
  { appId: EntityId }
) {}

/** 409: the deploy is over; `deployStatus` and `failureCode` say how it ended. */
export class DeployFinished extends HttpApiError.Problem<DeployFinished>()(
  "DeployFinished",
  { type: type("deploy-finished"), status: 409, title: "Deploy Finished" },
  { deployId: DeployId, deployStatus: DeployStatus, failureCode: Schema.NullOr(FailureCode) }
) {}

/** 409: there is nothing to go back to, since the deploy did not complete. */
export class DeployNotCompleted extends HttpApiError.Problem<DeployNotCompleted>()(
  "DeployNotCompleted",
  { type: type("deploy-not-completed"), status: 409, title: "Deploy Not Completed" },
  { deployId: DeployId, deployStatus: DeployStatus, failureCode: Schema.NullOr(FailureCode) }
) {}

/** 409: the caller used this `Idempotency-Key` for another request in the last 24 hours. */
export class IdempotencyKeyReused extends HttpApiError.Problem<IdempotencyKeyReused>()("IdempotencyKeyReused", {
  type: type("idempotency-key-reused"),
  status: 409,
  title: "Idempotency Key Reused"
}) {}

/** 408: the body did not come in time. */
export class RequestTimeout extends HttpApiError.Problem<RequestTimeout>()("RequestTimeout", {
  type: type("request-timeout"),
  status: 408,
  title: "Request Timeout"
}) {}

/** 413: the body is larger than `maxBytes`, where that is known. */
export class PayloadTooLarge extends HttpApiError.Problem<PayloadTooLarge>()(
  "PayloadTooLarge",
  { type: type("payload-too-large"), status: 413, title: "Payload Too Large" },
  { maxBytes: Schema.optionalKey(Schema.Natural) }
) {}

/** 415: the body is of another type than those in `accepted`, or is encoded. */
export class UnsupportedMediaType extends HttpApiError.Problem<UnsupportedMediaType>()(
  "UnsupportedMediaType",
  { type: type("unsupported-media-type"), status: 415, title: "Unsupported Media Type" },
  { accepted: Schema.Array(Schema.String) }
) {}

/** 429: the caller asks for too much. The same request may be sent again after `retryAfterSeconds`, also in `Retry-After`. */
export class TooManyRequests extends HttpApiError.Problem<TooManyRequests>()(
  "TooManyRequests",
  { type: type("too-many-requests"), status: 429, title: "Too Many Requests" },
  { retryAfterSeconds: Schema.Natural }
) {}

/** 500: a defect of the server. What happened stands in the server's log under `requestId` alone. */
export class InternalError extends HttpApiError.Problem<InternalError>()(
  "InternalError",
  { type: type("internal-error"), status: 500, title: "Internal Server Error" },
  { requestId: Schema.String }
) {}

/** 503: the store could not answer. The same request may be sent again after `Retry-After` seconds. */
export class Unavailable extends HttpApiError.Problem<Unavailable>()("Unavailable", {
  type: type("unavailable"),
  status: 503,
  title: "Service Unavailable"
}) {}

/** How a server answers with `Unauthorized`: with the challenge that HTTP asks of a 401. */
export const UnauthorizedResponse = Unauthorized.pipe(
  HttpApiSchema.encodeToWithHeaders(
    { body: Unauthorized, headers: { "www-authenticate": Schema.optionalKey(Schema.String) } },
    {
      decode: ({ body }) => body,
      encode: (body) => ({ body, headers: { "www-authenticate": `Bearer realm="deploys"` } })
    }
  )
)

/** How a server answers with `Unavailable`: with the number of seconds to wait. */
export const UnavailableResponse = Unavailable.pipe(
  HttpApiSchema.encodeToWithHeaders(
    { body: Unavailable, headers: { "retry-after": Schema.optionalKey(Schema.String) } },
    { decode: ({ body }) => body, encode: (body) => ({ body, headers: { "retry-after": "1" } }) }
  )
)

/** How a server answers with `TooManyRequests`: with the number of seconds to wait. */
export const TooManyRequestsResponse = TooManyRequests.pipe(
  HttpApiSchema.encodeToWithHeaders(
    { body: TooManyRequests, headers: { "retry-after": Schema.optionalKey(Schema.String) } },
    {
      decode: ({ body }) => body,
      encode: (body) => ({ body, headers: { "retry-after": String(body.retryAfterSeconds) } })
    }
  )
)
