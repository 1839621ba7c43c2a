import type { DeployId, NewDeploy } from "@deploys/core"
import { DeployDispatcher, DeployStore } from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Effect, type Layer, Option } from "effect"
import { freshDeployId, insert } from "./deploy-store/fixture.ts"
import { eventually, type Passage } from "./passage.ts"

export interface Options<R> {
  readonly pass: Passage
  /** A deploy that the runner behind the dispatcher can run, of an entity of its own. It has to go on until it is stopped. */
  readonly runnable: Effect.Effect<Partial<NewDeploy>, never, R>
}

const wake = (id: DeployId) => DeployDispatcher.use((dispatcher) => dispatcher.wake(id))

const read = Effect.fnUntraced(function* (id: DeployId) {
  const store = yield* DeployStore
  return Option.getOrThrow(yield* store.find(id))
})

/** Waits until the deploy has been started. */
const started = (id: DeployId, pass: Passage) =>
  eventually(
    pass,
    Effect.map(read(id), (record) => (record.deploy.status === "pending" ? undefined : record))
  )

/** What every `DeployDispatcher` has to do, in the order of the port's docstring. A runner stands behind it. */
export const suite = <R, E>(
  name: string,
  dispatcher: Layer.Layer<DeployDispatcher | DeployStore | R, E>,
  { pass, runnable }: Options<R>
) =>
  layer(dispatcher)(`DeployDispatcher: ${name}`, (it) => {
    it.effect("brings a woken deploy to run", () =>
      Effect.gen(function* () {
        const { id } = yield* insert(yield* runnable)
        yield* wake(id)
        yield* started(id, pass)
      })
    )

    it.effect("answers at once, without waiting for the deploy to run", () =>
      Effect.gen(function* () {
        const { id } = yield* insert(yield* runnable)
        yield* wake(id)
        yield* wake(yield* freshDeployId)
        assert.notStrictEqual((yield* read(id)).deploy.status, "completed")
        yield* started(id, pass)
        yield* wake(id)
        assert.strictEqual((yield* read(id)).deploy.status, "running")
      })
    )

    it.effect("may be called again and again for one deploy", () =>
      Effect.gen(function* () {
        const { id } = yield* insert(yield* runnable)
        yield* Effect.all(
          Array.from({ length: 20 }, () => wake(id)),
          { concurrency: "unbounded" }
        )
        yield* started(id, pass)
        for (let time = 0; time < 5; time++) {
          yield* wake(id)
          yield* pass(20)
        }
        const { steps } = yield* read(id)
        assert.isAtMost(Math.max(...steps.map(({ starts }) => starts)), 1)
      })
    )

    it.effect("finds a deploy whose call was lost", () =>
      Effect.gen(function* () {
        const { id } = yield* insert(yield* runnable)
        yield* started(id, pass)
      })
    )
  })
