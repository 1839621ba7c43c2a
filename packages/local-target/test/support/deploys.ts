import {
  type ArtifactFile,
  type ArtifactLocator,
  Build,
  BuildId,
  Deploy,
  DeployId,
  DeployTarget,
  Entity,
  type Progress,
  type Step,
  type StepError,
  type TargetRequest,
  type Undone
} from "@deploys/core"
import { Effect, Option, Schema } from "effect"
import { Artifacts } from "./artifacts.ts"

const at = "2026-01-01T00:00:00.000000Z"
let made = 0

/** A deploy of its own for each call, in the words of the engine. */
export const requestFor = (artifact: ArtifactLocator, name: string, entityId = `app_${name}`): TargetRequest => {
  const deployId = DeployId.make(`dep_01j${String(made++).padStart(23, "0")}`)
  const entity = Schema.decodeUnknownSync(Entity)({
    id: entityId,
    workspaceId: "ws_1",
    kind: "app",
    name,
    createdAt: at
  })
  const build = Schema.decodeUnknownSync(Build)({
    id: BuildId.make("bld_1"),
    versionId: "ver_1",
    status: "completed",
    artifact,
    branch: null,
    commitSha: null,
    commitMessage: null,
    error: null,
    createdAt: at,
    completedAt: at
  })
  const deploy = Schema.decodeUnknownSync(Deploy)({
    id: deployId,
    workspaceId: "ws_1",
    entityId,
    sequenceNumber: made,
    buildId: "bld_1",
    status: "running",
    trigger: "manual",
    sourceEventId: null,
    productionUrl: null,
    previewUrl: null,
    error: null,
    metadata: {},
    createdBy: "test",
    startedAt: at,
    completedAt: null,
    createdAt: at,
    failureCode: null,
    isLive: false
  })
  return { deploy, build, artifact, entity }
}

/** Walks a deploy's plan step by step, as the engine would, and keeps what the engine would store. */
export interface Walk {
  readonly request: TargetRequest
  readonly logs: Array<string>
  readonly progress: Array<Progress>
  /** Runs one step under a plan made anew, as after a crash, and stores its output. */
  readonly run: (name: string) => Effect.Effect<Schema.Json, StepError>
  /** Runs the steps in order up to and with the named one. */
  readonly through: (name: string) => Effect.Effect<void, StepError>
  /** Undoes one step; `forget` stands for an output that was lost in a crash. */
  readonly undo: (name: string, forget?: boolean) => Effect.Effect<Undone, StepError>
  /** The address that a step has made known. */
  readonly address: (kind: "previewUrl" | "productionUrl") => Effect.Effect<string | null, StepError>
}

export const walk = Effect.fnUntraced(function* (files: ReadonlyArray<ArtifactFile>, name: string, entityId?: string) {
  const target = yield* DeployTarget
  const { put } = yield* Artifacts
  const request = requestFor(put(`artifact-${made}`, files), name, entityId)
  const stored = new Map<string, Schema.Json>()
  const logs: Array<string> = []
  const progress: Array<Progress> = []

  const stepsNow = Effect.map(Effect.orDie(target.plan(request)), (plan) => plan.steps)
  const find = (wanted: string) =>
    Effect.flatMap(stepsNow, (steps) => Effect.orDie(Effect.fromNullishOr(steps.find((step) => step.name === wanted))))
  const context = (step: Step<unknown>) => ({
    deploy: request.deploy,
    idempotencyKey: `${request.deploy.id}/${step.name}`,
    outputOf: <A>(other: Step<A>) =>
      Effect.orDie(Effect.flatMap(Effect.fromNullishOr(stored.get(other.name)), other.decode)),
    log: (message: string) => Effect.sync(() => void logs.push(message))
  })

  const run = Effect.fnUntraced(function* (wanted: string) {
    const step = yield* find(wanted)
    const report = (value: Progress) => Effect.sync(() => void progress.push(value))
    const output = yield* step.run({ ...context(step), attempt: 1, starts: 1, progress: report })
    stored.set(wanted, output)
    return output
  })

  const result: Walk = {
    request,
    logs,
    progress,
    run,
    through: Effect.fnUntraced(function* (last) {
      for (const step of yield* stepsNow) {
        yield* run(step.name)
        if (step.name === last) return
      }
    }),
    undo: Effect.fnUntraced(function* (wanted, forget = false) {
      const step = yield* find(wanted)
      const output = forget ? Option.none() : Option.fromUndefinedOr(stored.get(wanted))
      return yield* step.undo("compensation", context(step), output)
    }),
    address: Effect.fnUntraced(function* (kind) {
      for (const [name, output] of stored) {
        const found = (yield* (yield* find(name)).addresses(output))[kind]
        if (found !== null) return found
      }
      return null
    })
  }
  return result
})
