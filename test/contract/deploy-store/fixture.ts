import type { Claim, ClaimRequest, NewDeploy, StepDeclaration } from "@deploys/core"
import { BuildId, DeployId, DeployMove, DeployStore, EntityId, IdGenerator, WorkspaceId } from "@deploys/core"
import type { Vitest } from "@effect/vitest"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Passage } from "../passage.ts"

/** What the cases of a store are given: ids of their own come from the `IdGenerator`, so that stores can be shared. */
export type Cases = (it: Vitest.MethodsNonLive<DeployStore>, pass: Passage) => void

/** A lease that no case outlives. */
export const long = 60_000

const text = (prefix: string) => Effect.flatMap(IdGenerator, (ids) => ids.next(prefix))
export const freshDeployId = Effect.map(text("dep"), (id) => DeployId.make(id))
export const freshEntityId = Effect.map(text("app"), (id) => EntityId.make(id))
export const freshWorkspaceId = Effect.map(text("ws"), (id) => WorkspaceId.make(id))
export const freshOwner = text("runner")

/** A deploy of an entity of its own, unless told otherwise. */
export const newDeploy = (given: Partial<NewDeploy> = {}) =>
  Effect.gen(function* () {
    const deploy: NewDeploy = {
      id: yield* freshDeployId,
      workspaceId: yield* freshWorkspaceId,
      entityId: yield* freshEntityId,
      buildId: BuildId.make(yield* text("bld")),
      trigger: "manual",
      sourceEventId: null,
      metadata: {},
      createdBy: "ada",
      ...given
    }
    return deploy
  })

/** A pending deploy. */
export const insert = Effect.fnUntraced(function* (given: Partial<NewDeploy> = {}) {
  const store = yield* DeployStore
  return yield* store.insert(yield* newDeploy(given))
})

export const step = (name: string, given: Partial<StepDeclaration> = {}): StepDeclaration => ({
  name,
  cancellation: "interrupt",
  undoable: false,
  ...given
})

/** A plan of which the second step is undoable. */
export const twoSteps = [step("upload"), step("activate", { cancellation: "discard", undoable: true })]
export const upload = { index: 0, name: "upload" }
export const activate = { index: 1, name: "activate" }

/** A claim by an owner of its own and under a long lease, unless told otherwise. */
export const claim = Effect.fnUntraced(function* (deployId: DeployId, given: Partial<ClaimRequest> = {}) {
  const store = yield* DeployStore
  const owner = given.owner ?? (yield* freshOwner)
  return yield* store.claim({ deployId, owner, leaseMillis: long, steps: twoSteps, ...given })
})

/** What a runner knows of a deploy that it runs. */
export interface Run {
  readonly deployId: DeployId
  readonly owner: string
  readonly epoch: number
  /** Follows the run's own moves. */
  after: number
}

const asRun = (owner: string, { deploy, epoch, lastEvent }: Claim): Run => ({
  deployId: deploy.id,
  owner,
  epoch,
  after: lastEvent
})

/** A claim that has to be won. */
export const take = Effect.fnUntraced(function* (deployId: DeployId, given: Partial<ClaimRequest> = {}) {
  const owner = given.owner ?? (yield* freshOwner)
  const won = yield* claim(deployId, { ...given, owner })
  assert.isTrue(Option.isSome(won), "the claim is won")
  return asRun(owner, Option.getOrThrow(won))
})

/** A running deploy and who runs it. */
export const start = Effect.fnUntraced(function* (given: Partial<NewDeploy> = {}, claims: Partial<ClaimRequest> = {}) {
  const { id } = yield* insert(given)
  return yield* take(id, claims)
})

export const request = (run: Run, moves: ReadonlyArray<DeployMove>) => ({
  deployId: run.deployId,
  epoch: run.epoch,
  after: run.after,
  by: run.owner,
  moves
})

/** Moves that have to land; the run follows. */
export const move = Effect.fnUntraced(function* (run: Run, ...moves: ReadonlyArray<DeployMove>) {
  const store = yield* DeployStore
  const [result] = yield* store.move([request(run, moves)])
  if (result?._tag !== "Applied") return assert.fail("the move is fenced")
  run.after += moves.length
  return result.at
})

/** Whether these moves are refused. */
export const isFenced = Effect.fnUntraced(function* (run: Run, ...moves: ReadonlyArray<DeployMove>) {
  const store = yield* DeployStore
  const [result] = yield* store.move([request(run, moves)])
  return result?._tag === "Fenced"
})

export const stepStarted = (ref: typeof upload, attempt = 1) => DeployMove.StepStarted({ step: ref, attempt })
export const stepCompleted = (ref: typeof upload, attempt = 1) =>
  DeployMove.StepCompleted({ step: ref, attempt, output: { ok: true }, previewUrl: null })
export const completed = DeployMove.Completed({ previewUrl: null, productionUrl: null })
export const failed = (settled: boolean) => DeployMove.Failed({ failureCode: "step_failed", error: "boom", settled })
export const settled = DeployMove.Settled({ outcome: "discarded" })
export const logged = (message: string) => DeployMove.Logged({ level: "info", message, step: null })

export const cancel = (deployId: DeployId, reason: string | null = null) =>
  Effect.flatMap(DeployStore, (store) => store.cancel({ deployId, by: "eve", reason }))

export const lease = ({ deployId, epoch }: Run) => ({ deployId, epoch })

/** Gives the lease of a run back. */
export const release = (run: Run) => Effect.flatMap(DeployStore, (store) => store.release([lease(run)]))

/** Lets the lease of a run end. */
export const expire = (run: Run, pass: Passage) =>
  Effect.gen(function* () {
    const store = yield* DeployStore
    assert.lengthOf(yield* store.renew([lease(run)], 1), 1)
    yield* pass(20)
  })

/** The deploy with its steps. */
export const read = Effect.fnUntraced(function* (deployId: DeployId) {
  const store = yield* DeployStore
  return Option.getOrThrow(yield* store.find(deployId))
})

/** All events of the deploy. */
export const history = Effect.fnUntraced(function* (deployId: DeployId) {
  const store = yield* DeployStore
  return yield* store.events({ deployId, after: 0, limit: 1000 })
})

/** Everything that the store tells of a deploy, to see that a call changed nothing. */
export const everything = (deployId: DeployId) => Effect.all([read(deployId), history(deployId)])
