import { type StepContext, StepError, type Undone } from "@deploys/core"
import { Clock, Duration, Effect, Option } from "effect"
import { type Deployment, stateOf } from "../PagesSchemas.ts"
import { type DeployWork, lookSchedule } from "./deployWork.ts"
import { fromPages } from "./stepErrors.ts"

/** Removes a deployment where Cloudflare lets us, and says whether: it keeps what it takes for the live one. */
export const removeDeployment = ({ api, project }: DeployWork, { log }: StepContext, id: string) =>
  api.deleteDeployment(project, id).pipe(
    Effect.andThen(Effect.as(log(`Removed deployment ${id}`), true)),
    Effect.catchIf(
      (error) => !error.retryable,
      (error) => Effect.as(log(`Cloudflare keeps deployment ${id}: ${error.message}`, "warn"), false)
    ),
    Effect.mapError(fromPages)
  )

/** Waits until nothing more will become of the deployments by themselves: one at work may still go live. */
const settled = Effect.fnUntraced(function* ({ api, project, settings }: DeployWork, ids: ReadonlyArray<string>) {
  const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(settings.liveWithin)
  const look = Effect.forEach(ids, (id) => api.deployment(project, id)).pipe(
    Effect.map((all) => all.flatMap(Option.toArray))
  )
  const isAtWork = (one: Deployment) => stateOf(one) === "working"
  return yield* Effect.repeat(look, {
    schedule: lookSchedule(settings),
    until: (all) => Effect.map(Clock.currentTimeMillis, (now) => !all.some(isAtWork) || now >= until)
  })
}, Effect.mapError(fromPages))

const liveIn = ({ api, project }: DeployWork) =>
  api.project(project).pipe(
    Effect.map((found) => Option.getOrUndefined(found)?.canonical_deployment?.id ?? null),
    Effect.mapError(fromPages)
  )

/** How often production is put back while it is found not to be. */
const rounds = 4

/**
 * Makes production serve the earlier deployment. What counts is what the project says afterwards, not what the call answers:
 * it may have been carried out without an answer.
 */
const putBack = Effect.fnUntraced(function* (work: DeployWork, made: ReadonlyArray<string>, previous: string) {
  const { api, project, settings } = work
  const isBack = Effect.map(liveIn(work), (live) => live === null || !made.includes(live))
  let refusal = "Production still serves the deployment"
  for (let round = 1; round <= rounds; round++) {
    const sent = yield* Effect.result(api.rollback(project, previous))
    if (sent._tag === "Failure") refusal = sent.failure.message
    const back = yield* Effect.repeat(isBack, { schedule: lookSchedule(settings), until: (now) => now, times: 4 })
    if (back) return
    if (sent._tag === "Failure" && !sent.failure.retryable) break
    yield* Effect.sleep(Duration.millis((sent._tag === "Failure" ? sent.failure.retryAfterMillis : null) ?? 0))
  }
  return yield* new StepError({ message: `Production could not be put back to ${previous}: ${refusal}` })
})

interface Withdrawal {
  readonly made: ReadonlyArray<string>
  /** What production served before the deploy. */
  readonly previous: string | null
}

/** Puts production back if it serves one of the deployments; answers with the one that it still serves, if there is no way back. */
const leave = Effect.fnUntraced(function* (work: DeployWork, context: StepContext, { made, previous }: Withdrawal) {
  const live = yield* liveIn(work)
  if (live === null || !made.includes(live)) return { wasLive: false, stuck: null }
  if (previous === null) {
    yield* context.log(`Deployment ${live} stays live: the project has no earlier one to go back to`, "warn")
    return { wasLive: true, stuck: live }
  }
  yield* putBack(work, made, previous)
  yield* context.log(`Production serves deployment ${previous} again`)
  return { wasLive: true, stuck: null }
})

/**
 * Takes the deployments of a deploy out of production, and removes them. The very first one of a project is there to stay:
 * Cloudflare has nothing to go back to, and doesn't let the live deployment be removed.
 */
export const withdraw = Effect.fnUntraced(function* (
  work: DeployWork,
  context: StepContext,
  withdrawal: Withdrawal
): Effect.fn.Return<Undone, StepError> {
  const { made, previous } = withdrawal
  if (made.length === 0) return "discarded"
  const deployments = yield* settled(work, made)
  const before = yield* leave(work, context, withdrawal)
  const kept: Array<string> = []
  for (const id of made) {
    if (id !== before.stuck && !(yield* removeDeployment(work, context, id))) kept.push(id)
  }
  const mayGoLive = deployments.find((one) => kept.includes(one.id) && stateOf(one) === "working")
  if (mayGoLive !== undefined)
    return yield* new StepError({ message: `Deployment ${mayGoLive.id} is still at work, and can't be removed` })
  // What was kept and had been built may have become live only now.
  const after = kept.length === 0 ? { wasLive: false, stuck: null } : yield* leave(work, context, withdrawal)
  if (before.stuck !== null || after.stuck !== null) return "unresolved"
  const wasLive = before.wasLive || after.wasLive || deployments.some((one) => stateOf(one) === "served")
  return wasLive && previous !== null ? "reverted" : "discarded"
})
