import type { StoreChange } from "@deploys/core"
import { DeployStore } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { Passage } from "../passage.ts"
import { eventually } from "../passage.ts"
import type { Cases, Run } from "./fixture.ts"
import { cancel, completed, freshEntityId, insert, lease, logged, move, start, stepStarted, upload } from "./fixture.ts"

/** What the store tells from now on. */
const listen = Effect.gen(function* () {
  const store = yield* DeployStore
  const heard: Array<StoreChange> = []
  yield* store.changes.pipe(
    Stream.runForEach((change) => Effect.sync(() => heard.push(change))),
    Effect.forkScoped({ startImmediately: true })
  )
  return heard
})

/** Acts again and again until a change of this kind is told of a deploy that was acted on: one hint alone may get lost. */
const hears = Effect.fnUntraced(function* <E>(
  pass: Passage,
  kind: StoreChange["kind"],
  act: Effect.Effect<ReadonlyArray<string>, E, DeployStore>
) {
  const heard = yield* listen
  const about: Array<string> = []
  const look = Effect.gen(function* () {
    about.push(...(yield* act))
    yield* pass(25)
    return heard.find((change) => change.kind === kind && about.includes(change.deployId))
  })
  yield* eventually(pass, look)
  return heard
})

const isOf = (id: string) => (change: StoreChange) => change.deployId === id

/** `changes`. */
export const changesCases: Cases = (it, pass) => {
  const created = Effect.map(insert(), ({ id }) => [id])

  it.effect("tells that a deploy was created and is ready", () => hears(pass, "ready", created))

  it.effect("tells that an entity's lane or a lease came free", () =>
    Effect.gen(function* () {
      const store = yield* DeployStore
      const heard = yield* listen
      for (const free of [(run: Run) => move(run, completed), (run: Run) => store.release([lease(run)])]) {
        const look = Effect.gen(function* () {
          const entityId = yield* freshEntityId
          const run = yield* start({ entityId })
          const next = yield* insert({ entityId })
          yield* pass(50)
          const before = heard.length
          yield* free(run)
          yield* pass(50)
          const ids = new Set<string>([run.deployId, next.id])
          return heard.slice(before).find(({ deployId, kind }) => kind === "ready" && ids.has(deployId))
        })
        yield* eventually(pass, look)
      }
    })
  )

  it.effect("tells that a running deploy was cancelled", () =>
    hears(
      pass,
      "cancelled",
      Effect.gen(function* () {
        const run = yield* start()
        yield* move(run, stepStarted(upload))
        yield* cancel(run.deployId)
        return [run.deployId]
      })
    )
  )

  it.effect("tells that events were written", () =>
    hears(
      pass,
      "events",
      Effect.gen(function* () {
        const run = yield* start()
        yield* move(run, logged("hello"))
        return [run.deployId]
      })
    )
  )

  it.effect("tells nothing of what was before it was listened to", () =>
    Effect.gen(function* () {
      const { id } = yield* insert()
      yield* pass(100)
      const heard = yield* hears(pass, "ready", created)
      assert.isUndefined(heard.find(isOf(id)))
    })
  )

  it.effect("tells every listener", () =>
    Effect.gen(function* () {
      const other = yield* listen
      const heard = yield* hears(pass, "events", created)
      yield* eventually(
        pass,
        Effect.sync(() => other.find((change) => heard.some(isOf(change.deployId))))
      )
    })
  )
}
