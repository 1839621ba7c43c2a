import type { Outcome, Plan, RunContext, Step, StepContext, TargetRequest } from "@deploys/core"
import { ArtifactLocator, Build, Deploy, DeployTarget, Entity, IdGenerator } from "@deploys/core"
import { Effect, Option, Schema } from "effect"

const createdAt = "2026-11-24T12:00:00.000000Z"
const next = (prefix: string) => Effect.flatMap(IdGenerator, (ids) => ids.next(prefix))
const decodeEntity = Schema.decodeUnknownEffect(Entity)
const decodeBuild = Schema.decodeUnknownEffect(Build)
const decodeDeploy = Schema.decodeUnknownEffect(Deploy)

/** An entity that no case has used yet; its name can be a host name. */
export const freshEntity = Effect.gen(function* () {
  const id = yield* next("app")
  const name = `site-${id.slice(-24)}`
  return yield* decodeEntity({ id, workspaceId: "ws_contract", kind: "app", name, createdAt })
})

/** A new deploy of this artifact to this entity. */
export const requestOf = Effect.fnUntraced(function* (entity: Entity, artifact: string) {
  const buildId = yield* next("bld")
  const build = yield* decodeBuild({
    id: buildId,
    versionId: "ver_contract",
    status: "completed",
    artifact,
    branch: null,
    commitSha: null,
    commitMessage: null,
    error: null,
    createdAt,
    completedAt: createdAt
  })
  const deploy = yield* decodeDeploy({
    id: yield* next("dep"),
    workspaceId: entity.workspaceId,
    entityId: entity.id,
    sequenceNumber: 1,
    buildId,
    status: "running",
    trigger: "manual",
    sourceEventId: null,
    productionUrl: null,
    previewUrl: null,
    error: null,
    metadata: {},
    createdBy: "ada",
    startedAt: createdAt,
    completedAt: null,
    createdAt,
    failureCode: null,
    isLive: false
  })
  return { deploy, build, artifact: ArtifactLocator.make(artifact), entity } satisfies TargetRequest
})

/** What a run of a plan has come to, in the form in which a store keeps it. */
export class Progress {
  readonly outputs = new Map<string, Schema.Json>()
  /** How often each step was started. */
  readonly starts = new Map<string, number>()
  previewUrl: string | undefined
  productionUrl: string | undefined
}

const contextOf = (deploy: Deploy, { outputs }: Progress, step: Step<unknown>): StepContext => ({
  deploy,
  idempotencyKey: `${deploy.id}.${step.name}`,
  log: () => Effect.void,
  outputOf: (earlier) => {
    const stored = outputs.get(earlier.name)
    return stored === undefined
      ? Effect.die(new Error(`${earlier.name} has not completed`))
      : Effect.orDie(earlier.decode(stored))
  }
})

/** Makes the plan anew, as a node does that knows no more than the store. */
export const planOf = (request: TargetRequest): Effect.Effect<Plan, never, DeployTarget> =>
  Effect.orDie(DeployTarget.use((target) => target.plan(request)))

/** One attempt of the step at this place, without keeping what it returns. */
export const attempt = Effect.fnUntraced(function* (request: TargetRequest, progress: Progress, index: number) {
  const { [index]: step } = (yield* planOf(request)).steps
  if (step === undefined) return yield* Effect.die(new Error(`There is no step ${index}`))
  const starts = (progress.starts.get(step.name) ?? 0) + 1
  progress.starts.set(step.name, starts)
  const context: RunContext = {
    ...contextOf(request.deploy, progress, step),
    attempt: 1,
    starts,
    progress: () => Effect.void
  }
  const stored = yield* step
    .run(context)
    .pipe(Effect.retry({ schedule: step.retry, while: (error) => error.retryable }), Effect.timeout(step.timeout))
  return { step, stored }
})

/** The step at this place, run to its end. */
export const runStep = Effect.fnUntraced(function* (request: TargetRequest, progress: Progress, index: number) {
  const { step, stored } = yield* attempt(request, progress, index)
  progress.outputs.set(step.name, stored)
  const { previewUrl, productionUrl } = yield* step.addresses(stored)
  progress.previewUrl = previewUrl ?? progress.previewUrl
  progress.productionUrl = productionUrl ?? progress.productionUrl
}, Effect.orDie)

/** All steps in order. */
export const runPlan = Effect.fnUntraced(function* (request: TargetRequest, progress = new Progress()) {
  const { steps } = yield* planOf(request)
  for (const index of steps.keys()) yield* runStep(request, progress, index)
  return progress
})

/**
 * Compensates the steps up to this place in reverse order, each twice, since undoing too runs at least once. `inFlight` says
 * that the last of them was at work when the deploy failed, so that one that can't be stopped is discarded.
 */
export const undo = Effect.fnUntraced(function* (
  request: TargetRequest,
  progress: Progress,
  through: number,
  inFlight = false
) {
  const { steps } = yield* planOf(request)
  const outcomes: Array<Outcome> = []
  for (const [index, step] of [...steps.entries()].slice(0, through + 1).toReversed()) {
    if (!step.undoable) continue
    const output = Option.fromUndefinedOr(progress.outputs.get(step.name))
    const isDiscarded = inFlight && index === through && step.cancellation === "discard"
    const context = contextOf(request.deploy, progress, step)
    const undone = step.undo(isDiscarded ? "discarded" : "compensation", context, output)
    outcomes.push(yield* Effect.orDie(undone))
    yield* Effect.orDie(undone)
  }
  return outcomes
})
