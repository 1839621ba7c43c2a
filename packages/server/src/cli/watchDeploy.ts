import { type Deploy, type DeployDetails, type FeedEvent } from "@deploys/core"
import { Effect, Ref, Stream } from "effect"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"
import { advance, emptyReport, linesOf, liveLineOf } from "./DeployReport.ts"
import { setExitCode } from "./exitCode.ts"
import { followDeploy } from "./FollowDeploy.ts"
import { Screen } from "./Screen.ts"

/** Shows the deploy's events until it is over, and answers with what became of it. */
export const watchDeploy = Effect.fn("deploys.watchDeploy")(function* ({ id }: Deploy) {
  const { api, url } = yield* ApiClient
  const screen = yield* Screen
  const report = yield* Ref.make(emptyReport)
  const show = Effect.fnUntraced(function* (event: FeedEvent) {
    const before = yield* Ref.getAndUpdate(report, (known) => advance(known, event))
    yield* Effect.forEach(linesOf(before, event, screen.style), screen.print, { discard: true })
    yield* screen.live(liveLineOf(yield* Ref.get(report), screen.style))
  })
  const lost = screen.live(() => screen.style.faint("… the server can't be reached, trying again"))
  yield* followDeploy(id, lost).pipe(Stream.runForEach(show), Effect.ensuring(screen.live(null)))
  return yield* Effect.mapError(api.deploys.get({ params: { id } }), callFailure(url))
})

/** How long a cancel may take before the command ends without an answer. */
const patience = "10 seconds"

/** Asks for the cancel and says what came of it; what the deploy has come to counts, so it may also be too late. */
export const cancelDeploy = Effect.fn("deploys.cancelDeploy")(function* ({ id }: Deploy) {
  const { api, url } = yield* ApiClient
  const { print, style } = yield* Screen
  yield* setExitCode(1)
  yield* print(style.faint("Stopping: asking the server to cancel the deploy"))
  const answer = api.deploys.cancel({ params: { id }, payload: { reason: "Ctrl-C" } }).pipe(
    Effect.as(`${style.bad("✗")} Cancelled: ${id} will never go live`),
    Effect.catchTag("DeployFinished", (problem) => Effect.succeed(`It was too late to cancel: ${problem.detail}`)),
    Effect.mapError((error) => callFailure(url)(error).message),
    Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail("The server did not answer in time") }),
    Effect.catch((message) => Effect.succeed(`${style.bad("✗")} ${message}: the deploy ${id} may go on`))
  )
  yield* print(yield* answer)
})

const closing = ({ error, failureCode, metadata, previewUrl, productionUrl, status }: DeployDetails) => {
  if (status === "completed") return { live: productionUrl, preview: previewUrl }
  const outcome = metadata["outcome"] === "unresolved" ? " (it may still be served)" : ""
  return { why: `${failureCode ?? status}: ${error ?? "no reason is known"}${outcome}` }
}

/** The last words about a deploy: where it is, or why it is not. */
export const printOutcome = Effect.fnUntraced(function* (deploy: DeployDetails) {
  const { print, style } = yield* Screen
  const said = closing(deploy)
  if ("why" in said) return yield* print(`\n${style.bad("✗ Not deployed")}  ${said.why}`)
  if (said.live !== null) yield* print(`\n${style.good("✓ Live at")}  ${style.strong(said.live)}`)
  if (said.preview !== null) yield* print(`  ${"Preview"}  ${said.preview}`)
})
