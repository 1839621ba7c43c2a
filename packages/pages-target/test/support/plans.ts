import { ArtifactLocator, Build, Deploy, DeployTarget, Entity, IdGenerator, type Plan, type Step } from "@deploys/core"
import { Effect, Schema } from "effect"

const createdAt = "2026-01-01T00:00:00.000000Z"

/** What is deployed, and under which name. */
export interface PlannedDeploy {
  readonly app: string
  readonly artifact: string
  readonly message: string | null
  readonly hash: string | null
}

/** The request of a deploy that has just begun. */
export const requestFor = Effect.fnUntraced(function* ({ app, artifact, hash, message }: PlannedDeploy) {
  const ids = yield* IdGenerator
  const entityId = `app_${app}`
  const build = Schema.decodeUnknownSync(Build)({
    id: "bld_1",
    versionId: "ver_1",
    status: "completed",
    artifact,
    branch: "main",
    commitSha: hash,
    commitMessage: message,
    error: null,
    createdAt,
    completedAt: createdAt
  })
  const deploy = Schema.decodeUnknownSync(Deploy)({
    id: yield* ids.next("dep"),
    workspaceId: "ws_1",
    entityId,
    sequenceNumber: 1,
    buildId: "bld_1",
    status: "running",
    trigger: "manual",
    sourceEventId: null,
    productionUrl: null,
    previewUrl: null,
    error: null,
    metadata: {},
    createdBy: "test",
    startedAt: createdAt,
    completedAt: null,
    createdAt,
    failureCode: null,
    isLive: false
  })
  const entity = Schema.decodeUnknownSync(Entity)({
    id: entityId,
    workspaceId: "ws_1",
    kind: "app",
    name: app,
    createdAt
  })
  return { deploy, build, entity, artifact: ArtifactLocator.make(artifact) }
})

/** Runs the steps of a plan in order, once each. */
export const runSteps = Effect.fnUntraced(function* (deploy: Deploy, plan: Plan) {
  const stored = new Map<string, Schema.Json>()
  const outputOf = <A>(step: Step<A>) =>
    Effect.orDie(Effect.flatMap(Effect.fromNullishOr(stored.get(step.name)), step.decode))
  for (const step of plan.steps) {
    const context = {
      deploy,
      outputOf,
      idempotencyKey: `${deploy.id}.${step.name}`,
      attempt: 1,
      starts: 1,
      log: () => Effect.void,
      progress: () => Effect.void
    }
    stored.set(step.name, yield* step.run(context))
  }
  return stored
})

/** Runs a deploy's plan without an engine. */
export const runPlan = Effect.fnUntraced(function* (planned: PlannedDeploy) {
  const request = yield* requestFor(planned)
  const plan = yield* DeployTarget.use((target) => target.plan(request))
  return yield* runSteps(request.deploy, plan)
})
