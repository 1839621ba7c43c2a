import type { DeployEvent, DeployRecord } from "@deploys/core"
import { DeployMove, DeployStore } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import type { Cases, Run } from "./fixture.ts"
import {
  activate,
  cancel,
  claim,
  completed,
  everything,
  expire,
  failed,
  freshEntityId,
  history,
  insert,
  isFenced,
  lease,
  logged,
  long,
  move,
  newDeploy,
  read,
  request,
  start,
  stepCompleted,
  stepStarted,
  take,
  upload
} from "./fixture.ts"

const Command = Schema.Literals([
  "start",
  "retry",
  "succeed",
  "stumble",
  "log",
  "complete",
  "fail",
  "cancel",
  "again",
  "settle"
])

/** The moves of a step that fit its present status. */
const stepMoves = (command: typeof Command.Type, { steps }: DeployRecord): ReadonlyArray<DeployMove> => {
  const step = steps.find(({ status }) => status === "running" || status === "pending")
  if (step === undefined) return []
  const { attempt } = step
  const ref = { index: step.index, name: step.name }
  if (step.status === "pending") return command === "start" ? [stepStarted(ref)] : []
  if (command === "start") return [stepStarted(ref, attempt + 1)]
  if (command === "retry") return [DeployMove.StepRetrying({ step: ref, attempt, error: "again", delayMillis: 1 })]
  if (command === "succeed") return [stepCompleted(ref, attempt)]
  if (command === "stumble") return [DeployMove.StepFailed({ step: ref, attempt, error: "boom" })]
  return []
}

/** What a runner could send now; empty where the command makes no sense. */
const movesOf = (command: typeof Command.Type, record: DeployRecord): ReadonlyArray<DeployMove> => {
  const running = record.deploy.status === "running"
  const settling = record.deploy.metadata["outcome"] === "settling"
  if (command === "log") return running || settling ? [logged("line")] : []
  if (command === "settle") {
    const busy = record.steps.filter(({ status }) => status === "running")
    const dropped = busy.map(({ index, name }) => DeployMove.StepDiscarded({ step: { index, name } }))
    return settling ? [...dropped, DeployMove.Settled({ outcome: "discarded" })] : []
  }
  if (!running) return []
  if (command === "complete") return [completed]
  if (command === "fail") return [failed(false)]
  return stepMoves(command, record)
}

const play = Effect.fnUntraced(function* (commands: ReadonlyArray<typeof Command.Type>) {
  const { id } = yield* insert()
  let run: Run | undefined
  for (const command of commands) {
    if (command === "cancel") {
      yield* Effect.ignore(cancel(id))
    } else if (command === "again") {
      const won = yield* claim(id, { owner: `runner of ${id}` })
      if (Option.isNone(won)) continue
      run = { deployId: id, owner: `runner of ${id}`, epoch: won.value.epoch, after: won.value.lastEvent }
    } else if (run !== undefined) {
      const moves = movesOf(command, yield* read(id))
      if (moves.length === 0) continue
      if (yield* isFenced(run, ...moves)) run = undefined
      else run.after += moves.length
    }
  }
  return id
})

const outcomes = { completed: "completed", failed: "failed", cancelled: "cancelled", discarded: "discarded" } as const

/** What the events alone say of a deploy. */
const fold = (events: ReadonlyArray<DeployEvent>, stepCount: number) => {
  const steps: Array<string> = Array.from({ length: stepCount }, () => "pending")
  let status = "none"
  for (const event of events) {
    if (event.type === "deploy.created") status = "pending"
    if (event.type === "deploy.running") status = "running"
    if (event.type === "step.running") steps[event.data.index] = "running"
    if (event.type === "step.completed") steps[event.data.index] = outcomes.completed
    if (event.type === "step.failed") steps[event.data.index] = outcomes.failed
    if (event.type === "step.cancelled") steps[event.data.index] = outcomes.cancelled
    if (event.type === "step.discarded") steps[event.data.index] = outcomes.discarded
    if (event.type !== "deploy.completed" && event.type !== "deploy.failed") continue
    status = event.type === "deploy.completed" ? "completed" : "failed"
    for (const [index, step] of steps.entries()) if (step === "pending") steps[index] = "cancelled"
  }
  return { status, steps }
}

/** What holds for every method of the store. */
export const wholeCases: Cases = (it, pass) => {
  it.effect("lands a request of many moves whole or not at all", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const before = yield* everything(run.deployId)
      const settled = DeployMove.Settled({ outcome: "discarded" })
      assert.isTrue(yield* isFenced(run, settled, logged("with it")))
      assert.deepStrictEqual(yield* everything(run.deployId), before)
      yield* move(run, stepStarted(upload), stepCompleted(activate), failed(true))
      const [{ deploy, steps }, events] = yield* everything(run.deployId)
      assert.deepStrictEqual([deploy.status, ...steps.map(({ status }) => status)], ["failed", "running", "completed"])
      assert.lengthOf(events, run.after)
    })
  )

  it.effect("never lets the times of a deploy go backwards", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload))
      yield* pass(5)
      yield* move(run, stepCompleted(upload), stepStarted(activate))
      yield* cancel(run.deployId)
      yield* pass(5)
      const settling = yield* take(run.deployId, { owner: run.owner })
      yield* move(settling, DeployMove.Settled({ outcome: "discarded" }))
      const [{ deploy }, events] = yield* everything(run.deployId)
      const times = events.map(({ at }) => at)
      assert.deepStrictEqual(times, times.toSorted())
      assert.deepStrictEqual([deploy.createdAt, deploy.startedAt, deploy.completedAt], [times[0], times[1], times[5]])
      for (const time of times) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    })
  )

  it.effect.prop(
    "numbers events without gaps, and together they tell the deploy's status",
    { commands: Schema.Array(Command).check(Schema.isMaxLength(30)) },
    ({ commands }) =>
      Effect.gen(function* () {
        const id = yield* play(["again", ...commands])
        const [{ deploy, steps }, events] = yield* everything(id)
        assert.deepStrictEqual(
          events.map(({ sequence }) => sequence),
          events.map((_, index) => index + 1)
        )
        assert.deepStrictEqual(fold(events, steps.length), {
          status: deploy.status,
          steps: steps.map(({ status }) => status)
        })
        const times = events.map(({ at }) => at)
        assert.deepStrictEqual(times, times.toSorted())
      }),
    { arbitrary: { runs: 40 } }
  )

  it.effect("never changes a final status", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      for (const end of [completed, failed(true)]) {
        const run = yield* start()
        yield* move(run, end)
        const before = yield* everything(run.deployId)
        assert.isTrue(Option.isNone(yield* claim(run.deployId, { owner: run.owner })))
        yield* Effect.flip(cancel(run.deployId))
        for (const late of [completed, failed(false), failed(true), stepStarted(upload)]) {
          assert.isTrue(yield* isFenced(run, late))
        }
        assert.deepStrictEqual(yield* store.renew([lease(run)], long), [])
        yield* store.release([lease(run)])
        assert.deepStrictEqual(yield* everything(run.deployId), before)
      }
    })
  )

  it.effect("comes to the same when every call is sent twice", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const twice = <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.andThen(call, call)
      const entityId = yield* freshEntityId
      const asked = yield* newDeploy({ entityId })
      yield* twice(store.insert(asked))
      yield* twice(take(asked.id, { owner: `runner of ${asked.id}` }))
      const run = yield* take(asked.id, { owner: `runner of ${asked.id}` })
      yield* twice(store.move([request(run, [stepStarted(upload)])]))
      yield* twice(store.renew([lease(run)], long))
      yield* twice(cancel(asked.id))
      yield* twice(store.release([lease(run)]))
      assert.deepStrictEqual(
        (yield* history(asked.id)).map(({ type }) => type),
        ["deploy.created", "deploy.running", "step.running", "deploy.failed"]
      )
      assert.strictEqual((yield* insert({ entityId })).sequenceNumber, 2)
    })
  )

  it.effect("shows what a call has done as soon as it has answered", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* expire(run, pass)
      yield* take(run.deployId)
      assert.strictEqual((yield* read(run.deployId)).deploy.status, "running")
      yield* cancel(run.deployId)
      assert.strictEqual((yield* read(run.deployId)).deploy.status, "failed")
    })
  )
}
