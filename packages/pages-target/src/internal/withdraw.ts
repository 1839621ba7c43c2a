import { type StepContext, StepError, type Undone } from "@deploys/core"
import { Clock, Duration, Effect, Option } from "effect"
import { type Deployment, stateOf } from "../PagesSchemas.ts"
import { type DeployWork, lookSchedule } from "./deployWork.ts"
import { fromPagesLater } from "./stepErrors.ts"

/** Removes a deployment where Cloudflare lets us, and says whether: it keeps what it takes for the live one. */
export const removeDeployment = ({ api, project }: DeployWork, { log }: StepContext, id: string) =>
  api.deleteDeployment(project, id).pipe(
    Effect.andThen(Effect.as(log(`Removed deployment ${id}`), true)),
    Effect.catchIf(
      ({ fault }) => fault === "refused",
      (error) => Effect.as(log(`Cloudflare keeps deployment ${id}: ${error.message}`, "warn"), false)
    ),
    Effect.mapError(fromPagesLater)
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
}, Effect.mapError(fromPagesLater))

const liveIn = ({ api, project }: DeployWork) =>
  api.project(project).pipe(
    Effect.map((found) => Option.getOrUndefined(found)?.canonical_deployment?.id ?? null),
    Effect.mapError(fromPagesLater)
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
    if (sent._tag === "Failure" && sent.failure.fault === "refused") break
    yield* Effect.sleep(Duration.millis((sent._tag === "Failure" ? sent.failure.retryAfterMillis : null) ?? 0))
  }
  return yield* new StepError({ message: `Production could not be put back to ${previous}: ${refusal}` })
})

interface Withdrawal {
  readonly made: ReadonlyArray<string>
  /** What production served before the deploy. */
  readonly previous: string | null
}

/** Puts production back if it serves one of the deployments, and says so; it is stuck where there is no way back. */
const leave = Effect.fnUntraced(function* (work: DeployWork, context: StepContext, { made, previous }: Withdrawal) {
  const live = yield* liveIn(work)
  if (live === null || !made.includes(live)) return { isLive: false, stuck: false }
  if (previous === null) {
    yield* context.log(`Deployment ${live} stays live: the project has no earlier one to go back to`, "warn")
    const others = made.filter((id) => id !== live)
    yield* Effect.forEach(others, (id) => removeDeployment(work, context, id), { discard: true })
    return { isLive: true, stuck: true }
  }
  yield* putBack(work, made, previous)
  yield* context.log(`Production serves deployment ${previous} again`)
  return { isLive: true, stuck: false }
})

/** How often to look whether a deployment that was built, and can't be removed, has become live after all. */
const looks = 5

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
  const unfinished = deployments.find((one) => stateOf(one) === "working")
  let kept = made
  let wasLive = deployments.some((one) => stateOf(one) === "served")
  for (let look = 1; look <= looks && kept.length > 0; look++) {
    if (look > 1) yield* Effect.sleep(work.settings.pollEvery)
    const { isLive, stuck } = yield* leave(work, context, withdrawal)
    if (stuck) return "unresolved"
    wasLive ||= isLive
    if (look > 1 && !isLive) continue
    kept = yield* Effect.filter(kept, (id) => Effect.map(removeDeployment(work, context, id), (removed) => !removed))
  }
  if (unfinished !== undefined && kept.includes(unfinished.id))
    return yield* new StepError({ message: `Deployment ${unfinished.id} is still at work, and can't be removed` })
  return wasLive && previous !== null ? "reverted" : "discarded"
})
