import { IdGenerator } from "@deploys/core"
import { Context, Effect } from "effect"
import { HttpServerRequest } from "effect/http"

/** What a request is called in logs and in its answer: the caller's `x-request-id`, or one that was made for it. */
export class RequestId extends Context.Service<RequestId, string>()("@deploys/http/RequestId") {}

/** Short and printable, so that it can stand in a log line. */
const acceptable = /^[A-Za-z0-9_.:=/+-]{1,128}$/

/** Takes the id that the caller sent; one in another form is not taken, and not sent back. */
export const chooseRequestId = Effect.map(IdGenerator, (ids) =>
  Effect.gen(function* () {
    const sent = (yield* HttpServerRequest.HttpServerRequest).headers["x-request-id"]
    return sent !== undefined && acceptable.test(sent) ? sent : yield* ids.next("req")
  })
)
