import { DeployMove, DeployStore } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Cases, Run } from "./fixture.ts"
import {
  activate,
  cancel,
  completed,
  everything,
  expire,
  failed,
  freshDeployId,
  history,
  isFenced,
  logged,
  move,
  read,
  request,
  settled,
  start,
  stepCompleted,
  stepStarted,
  take,
  upload
} from "./fixture.ts"

/** Moves that must be refused and change nothing. */
const refused = Effect.fnUntraced(function* (run: Run, ...moves: ReadonlyArray<DeployMove>) {
  const before = yield* everything(run.deployId)
  assert.isTrue(yield* isFenced(run, ...moves), "the move is fenced")
  assert.deepStrictEqual(yield* everything(run.deployId), before)
})

const fenceCases: Cases = (it, pass) => {
  it.effect("fences an old epoch after a takeover", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* expire(run, pass)
      const other = yield* take(run.deployId)
      yield* refused(run, stepStarted(upload), logged("late"))
      yield* move(other, stepStarted(upload))
    })
  )

  it.effect("fences an old epoch after a cancel", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload))
      yield* cancel(run.deployId)
      yield* refused({ ...run, after: run.after + 1 }, stepCompleted(upload))
      yield* refused({ ...run, after: run.after + 1 }, completed)
    })
  )

  it.effect("fences an epoch that has not come yet", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* refused({ ...run, epoch: run.epoch + 1 }, stepStarted(upload))
    })
  )

  it.effect("lets a move land under a lease that ran out, until somebody claims", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* expire(run, pass)
      yield* move(run, stepStarted(upload))
    })
  )

  it.effect("fences a move that the deploy's phase does not allow", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* refused(run, settled)
      yield* refused(run, DeployMove.StepDiscarded({ step: upload }))
      yield* move(run, stepStarted(upload))
      yield* move(run, failed(false))
      for (const late of [stepCompleted(upload), stepStarted(activate), completed, failed(true)])
        yield* refused(run, late)
      yield* move(run, logged("both phases take this"))
      yield* move(run, settled)
      for (const late of [settled, logged("too late")]) yield* refused(run, late)
    })
  )

  it.effect("fences a writer that does not know the last event", () =>
    Effect.gen(function* () {
      const run = yield* start()
      yield* move(run, stepStarted(upload))
      yield* refused({ ...run, after: run.after - 1 }, logged("behind"))
      yield* refused({ ...run, after: run.after + 1 }, logged("ahead"))
    })
  )

  it.effect("fences moves of a deploy that is not there", () =>
    Effect.gen(function* () {
      const run = { deployId: yield* freshDeployId, owner: "nobody", epoch: 0, after: 0 }
      assert.isTrue(yield* isFenced(run, logged("hello")))
    })
  )
}

const repeatCases: Cases = (it, pass) => {
  it.effect("answers a repeated request as the first time and changes nothing", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      const sent = [request(run, [stepStarted(upload), logged("a"), logged("b")])]
      const first = yield* store.move(sent)
      const before = yield* everything(run.deployId)
      yield* pass(20)
      assert.strictEqual(first[0]?._tag, "Applied")
      assert.deepStrictEqual(yield* store.move(sent), first)
      assert.deepStrictEqual(yield* everything(run.deployId), before)
      assert.strictEqual(before[0].steps[0]?.starts, 1)
    })
  )

  it.effect("knows a request again after others have landed", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      const sent = [request(run, [stepStarted(upload)])]
      const first = yield* store.move(sent)
      run.after += 1
      yield* move(run, stepCompleted(upload))
      const finish = [request(run, [completed])]
      const end = yield* store.move(finish)
      const before = yield* everything(run.deployId)
      assert.deepStrictEqual(yield* store.move(sent), first)
      assert.deepStrictEqual(yield* store.move(finish), end)
      assert.deepStrictEqual(yield* everything(run.deployId), before)
    })
  )

  it.effect("knows a request again after its epoch has passed", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      const sent = [request(run, [stepStarted(upload)])]
      const first = yield* store.move(sent)
      yield* cancel(run.deployId)
      assert.deepStrictEqual(yield* store.move(sent), first)
    })
  )

  it.effect("does not take another runner's moves for a repetition", () =>
    Effect.gen(function* () {
      const run = yield* start()
      const again = yield* take(run.deployId, { owner: run.owner })
      yield* move(again, stepStarted(upload))
      yield* refused(run, stepStarted(upload))
    })
  )

  it.effect("lands once what is sent many times at once", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      const sent = [request(run, [stepStarted(upload)])]
      const answers = yield* Effect.all(
        Array.from({ length: 10 }, () => store.move(sent)),
        { concurrency: "unbounded" }
      )
      for (const answer of answers) assert.deepStrictEqual(answer, answers[0])
      assert.strictEqual((yield* read(run.deployId)).steps[0]?.starts, 1)
      assert.lengthOf(yield* history(run.deployId), run.after + 1)
    })
  )

  it.effect("lets one of two writers that know the same land", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const run = yield* start()
      const answers = yield* Effect.all(
        ["a", "b", "c", "d"].map((line) => store.move([request(run, [logged(line)])])),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(
        answers.filter(([answer]) => answer?._tag === "Applied"),
        1
      )
      assert.lengthOf(yield* history(run.deployId), run.after + 1)
    })
  )
}

const batchCases: Cases = (it) => {
  it.effect("answers many requests in order, and a fenced one touches no other", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const runs = yield* Effect.all(Array.from({ length: 9 }, () => start()))
      const fenced = (index: number) => index % 3 === 1
      const requests = runs.map((run, index) =>
        request(fenced(index) ? { ...run, epoch: run.epoch + 7 } : run, [stepStarted(upload), logged(`line ${index}`)])
      )
      const answers = yield* store.move(requests)
      assert.deepStrictEqual(
        answers.map(({ _tag }) => _tag),
        runs.map((_, index) => (fenced(index) ? "Fenced" : "Applied"))
      )
      for (const [index, run] of runs.entries()) {
        const lines = (yield* history(run.deployId)).flatMap((event) =>
          event.type === "log" ? [event.data.message] : []
        )
        assert.deepStrictEqual(lines, fenced(index) ? [] : [`line ${index}`])
        assert.strictEqual((yield* read(run.deployId)).steps[0]?.status, fenced(index) ? "pending" : "running")
      }
    })
  )

  it.effect("answers no requests with no answers", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      assert.deepStrictEqual(yield* store.move([]), [])
    })
  )

  it.effect("lets batches that share deploys in any order all come to an end", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const runs = yield* Effect.all(Array.from({ length: 6 }, () => start()))
      const batches = Array.from({ length: 8 }, (_, batch) => {
        const requests = runs.map((run) => request(run, [logged(`batch ${batch}`)]))
        return batch % 2 === 0 ? requests : requests.toReversed()
      })
      const answers = yield* Effect.all(
        batches.map((batch) => store.move(batch)),
        { concurrency: "unbounded" }
      )
      const landed = answers.flat().filter(({ _tag }) => _tag === "Applied")
      assert.lengthOf(landed, runs.length)
    })
  )
}

/** `move`: fences, repetitions and batches. */
export const moveCases: Cases = (it, pass) => {
  fenceCases(it, pass)
  repeatCases(it, pass)
  batchCases(it, pass)
}
