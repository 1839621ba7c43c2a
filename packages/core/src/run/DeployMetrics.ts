import { Clock, DateTime, Effect, Layer, Metric } from "effect"
import type { Deploy } from "../domain/Deploy.ts"
import { timestampDistance } from "../domain/Timestamp.ts"
import { makeQueryPlan } from "../list/QueryPlan.ts"
import { type Claim, DeployStore } from "../ports/DeployStore.ts"

const deploys = { unit: "{deploy}" }
const seconds = { unit: "s" }
const boundaries = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]

/** Deploys that wait to be run, in the whole store, where `layerPending` looks. */
export const pending = Metric.gauge("deploy.pending", {
  description: "Deploys that are pending, in the whole store",
  attributes: deploys
})

/** Deploys that this process runs or settles at present. */
export const running = Metric.gauge("deploy.running", {
  description: "Deploys that this process runs or settles",
  attributes: deploys
})

/** From the creation of a deploy to its first claim, by the store's clock. */
export const timeToStart = Metric.histogram("deploy.time_to_start", {
  description: "Seconds from the creation of a deploy to its start",
  boundaries,
  attributes: seconds
})

/** From the first claim of a deploy to its end, over all runs, by `end`. */
export const runTime = Metric.histogram("deploy.run_time", {
  description: "Seconds from the start of a deploy to its end",
  boundaries,
  attributes: seconds
})

/** Deploys that this process has ended, by `end`: `completed` or a failure code. */
export const ended = Metric.counter("deploy.ended", {
  description: "Deploys that this process has ended",
  attributes: deploys,
  incremental: true
})

/** Attempts behind the first one, by `step`. */
export const retries = Metric.counter("deploy.step.retries", {
  description: "Attempts of steps behind the first one",
  attributes: { unit: "{attempt}" },
  incremental: true
})

/** Runs that go on with what another claim began. */
export const takeovers = Metric.counter("deploy.takeovers", {
  description: "Runs of deploys that had begun under an earlier claim",
  attributes: deploys,
  incremental: true
})

/** Counts a run for as long as it lives, and what its claim tells. */
export const countRun = <A, E, R>(run: Effect.Effect<A, E, R>, { deploy, epoch }: Claim): Effect.Effect<A, E, R> => {
  const claimed = Effect.suspend(() => {
    if (deploy.status !== "running" || deploy.startedAt === null) return Effect.void
    return epoch === 1
      ? Metric.update(timeToStart, timestampDistance(deploy.createdAt, deploy.startedAt) / 1000)
      : Metric.update(takeovers, 1)
  })
  return Effect.acquireUseRelease(
    Effect.andThen(Metric.modify(running, 1), claimed),
    () => run,
    () => Metric.modify(running, -1)
  )
}

/** The series of a metric by how deploys end. Each is made once, as it remembers what it is registered under. */
const byEnd = <Input, State>(metric: Metric.Metric<Input, State>) => {
  const series = new Map<string, Metric.Metric<Input, State>>()
  return (end: string) => {
    const known = series.get(end) ?? Metric.withAttributes(metric, { end })
    series.set(end, known)
    return known
  }
}

const endedBy = byEnd(ended)
const runTimeBy = byEnd(runTime)

/** Counts the end of a deploy that this process has brought about. */
export const countEnd = ({ startedAt }: Pick<Deploy, "startedAt">, end: string): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* Metric.update(endedBy(end), 1)
    if (startedAt === null) return
    const millis = (yield* Clock.currentTimeMillis) - DateTime.toEpochMillis(DateTime.makeUnsafe(startedAt))
    yield* Metric.update(runTimeBy(end), Math.max(0, millis) / 1000)
  })

/** Counts a further attempt of a step. */
export const countRetry = (step: string): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(retries, { step }), 1)

const countPending = Effect.gen(function* () {
  const plan = yield* Effect.fromResult(
    makeQueryPlan({ filter: { status: { eq: "pending" } }, limit: 1, total: true }, "all")
  )
  const { pageInfo } = yield* (yield* DeployStore).list(plan)
  yield* Metric.update(pending, pageInfo.total ?? 0)
})

/**
 * Measures `pending`, every 15 seconds for as long as the layer lives: one count over the queue. It is the same on all
 * nodes of a store, so one of them is enough.
 */
export const layerPending: Layer.Layer<never, never, DeployStore> = Layer.effectDiscard(
  countPending.pipe(
    Effect.catchCause((cause) => Effect.logWarning("Pending deploys could not be counted", cause)),
    Effect.andThen(Effect.sleep("15 seconds")),
    Effect.forever,
    Effect.forkScoped
  )
)
