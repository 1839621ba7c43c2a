import { Clock, Context, Duration, Effect, Layer, Option, Ref } from "effect"
import type { StoreError } from "../domain/DeployError.ts"
import type { DeployId } from "../domain/Id.ts"
import { IdGenerator } from "../domain/IdGenerator.ts"
import { Catalog } from "../ports/Catalog.ts"
import { type Claim, type DeployRecord, DeployStore } from "../ports/DeployStore.ts"
import { DeployTarget } from "../ports/DeployTarget.ts"
import { type DeployRunInput, type Failure, runDeploy } from "./DeployRun.ts"
import { countRun } from "./DeployMetrics.ts"
import { runSpan, spanned } from "./DeploySpans.ts"
import { settleDeploy } from "./DeploySettling.ts"
import { LeaseKeeper } from "./LeaseKeeper.ts"
import { LiveEvents } from "./LiveEvents.ts"
import { RunnerOptions } from "./RunnerOptions.ts"
import { type RunPlace, uncounted } from "./RunPlace.ts"
import { makeRunSession } from "./RunSession.ts"
import { type InFlight, isAnyAtWork } from "./StepRunner.ts"

const failure = (code: Failure["code"], message: string): Effect.Effect<Failure> => Effect.succeed({ code, message })

/** Makes the plan of a deploy, or says why there can't be one. */
const planner = Effect.gen(function* () {
  const catalog = yield* Catalog
  const target = yield* DeployTarget
  return Effect.fnUntraced(function* ({ deploy }: DeployRecord) {
    const origin = yield* catalog.build(deploy.buildId)
    if (Option.isNone(origin)) return yield* failure("artifact_invalid", `Build ${deploy.buildId} is gone`)
    const { build, entity } = origin.value
    if (build.artifact === null) return yield* failure("artifact_invalid", `Build ${build.id} has no artifact`)
    return yield* target.plan({ deploy, build, artifact: build.artifact, entity }).pipe(
      Effect.catchTag("TargetRejected", (error) => failure("target_rejected", error.message)),
      Effect.catchDefect((defect) => failure("target_rejected", `No plan could be made: ${String(defect)}`))
    )
  })
})

/** Runs deploys: claims one, walks its plan, writes each move before the next, settles what failed. */
export class DeployRunner extends Context.Service<
  DeployRunner,
  {
    /** The name that this runner claims under. */
    readonly owner: string
    /**
     * Runs or settles the deploy if it can be claimed, until there is nothing to do about it or the claim is lost. One
     * that this runner is at already is left alone. When it is interrupted it gives the claim back, so that any runner
     * may go on at once, unless an attempt that can't be stopped is at work: then the lease runs out first.
     *
     * `place`: the deploy is claimed once it has one; its plan is made before. Default: one that nobody counts.
     */
    readonly run: (id: DeployId, place?: RunPlace) => Effect.Effect<void, StoreError>
    /** From now on claims nothing, and gives each claim back as soon as the step at work has ended. */
    readonly drain: Effect.Effect<void>
  }
>()("@deploys/core/DeployRunner") {
  /** A runner with a name of its own, which keeps its own leases. Attempts that can't be stopped live as long as the layer. */
  static readonly layer = Layer.effect(
    DeployRunner,
    Effect.gen(function* () {
      const store = yield* DeployStore
      const live = yield* LiveEvents
      const leases = yield* LeaseKeeper
      const options = yield* RunnerOptions
      const scope = yield* Effect.scope
      const planFor = yield* planner
      const owner = yield* (yield* IdGenerator).next("run")
      const leaseMillis = Duration.toMillis(options.lease)
      const drained = yield* Ref.make(false)

      const work = Effect.fnUntraced(function* (
        claim: Claim,
        since: bigint,
        plan: DeployRunInput["plan"],
        inFlight: Map<number, InFlight>,
        place: RunPlace
      ) {
        const ref = { deployId: claim.deploy.id, epoch: claim.epoch }
        const lease = yield* leases.keep(ref, since)
        const session = yield* makeRunSession(store, claim, owner, lease)
        const isDraining = () => Ref.getUnsafe(drained)
        const input = { session, plan, live, options, inFlight, scope, isDraining, place }
        const run = claim.deploy.status === "running" ? runDeploy(input) : settleDeploy(input)
        // The lease comes first: where it is lost already, nothing is begun.
        return yield* Effect.raceFirst(Effect.as(lease.lost, "settling" as const), run).pipe(
          Effect.catchTag("ClaimLost", () => Effect.succeed("settling" as const)),
          Effect.tap((end) => (end === "paused" ? Effect.ignore(store.release([ref])) : Effect.void)),
          Effect.onInterrupt(() =>
            // What can't be stopped may still take effect: nobody is to go on before the lease has run out.
            isAnyAtWork(inFlight.values()) ? Effect.void : Effect.ignore(store.release([ref]))
          ),
          (run) => countRun(runSpan(run, claim, owner), claim)
        )
      }, Effect.scoped)

      const atWork = new Set<DeployId>()
      /** Attempts that can't be stopped, also those that nobody waits for at present, since the store failed their run. */
      const attempts = new Map<DeployId, Map<number, InFlight>>()
      const begin = (id: DeployId) => {
        const inFlight = attempts.get(id) ?? new Map<number, InFlight>()
        atWork.add(id)
        attempts.set(id, inFlight)
        return inFlight
      }
      const end = (id: DeployId) => {
        atWork.delete(id)
        for (const [each, left] of attempts) if (!atWork.has(each) && !isAnyAtWork(left.values())) attempts.delete(each)
      }

      const planOf = Effect.fnUntraced(function* (id: DeployId) {
        if (yield* Ref.get(drained)) return undefined
        const record = yield* store.find(id)
        return Option.isNone(record) ? undefined : yield* planFor(record.value)
      })

      const goOn = Effect.fnUntraced(function* (
        id: DeployId,
        first: DeployRunInput["plan"],
        inFlight: Map<number, InFlight>,
        place: RunPlace
      ) {
        let plan: DeployRunInput["plan"] | undefined = first
        while (plan !== undefined && !(yield* Ref.get(drained))) {
          const since = yield* Clock.monotonicTimeNanos
          const steps = "steps" in plan ? plan.steps : []
          const { maxRunningPerWorkspace } = options
          const request = { deployId: id, owner, leaseMillis, steps, startFirstStep: true, maxRunningPerWorkspace }
          const claim = yield* store.claim(request)
          if (Option.isNone(claim)) return
          if ((yield* work(claim.value, since, plan, inFlight, place)) !== "settling") return
          plan = yield* planOf(id)
        }
      })

      const runIn = Effect.fnUntraced(function* (id: DeployId, inFlight: Map<number, InFlight>, place: RunPlace) {
        const plan = yield* planOf(id)
        if (plan !== undefined) yield* place.inside(goOn(id, plan, inFlight, place))
      })

      const run = Effect.fnUntraced(
        function* (id: DeployId, place: RunPlace = uncounted) {
          // The store would let this owner claim its own deploy anew, beside the run that goes on.
          if (atWork.has(id)) return
          yield* Effect.acquireUseRelease(
            Effect.sync(() => begin(id)),
            (inFlight) => runIn(id, inFlight, place),
            () => Effect.sync(() => end(id))
          )
        },
        (running, id) => spanned("DeployRunner.run", { "deploy.id": id })(running)
      )

      return DeployRunner.of({ owner, run, drain: Ref.set(drained, true) })
    })
  ).pipe(Layer.provide(LeaseKeeper.layer))
}
