import { DeployStore } from "@deploys/core"
import { Postgres, SqlStore } from "@deploys/sql-store"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import {
  cancel,
  claim,
  freshOwner,
  history,
  lease,
  newDeploy,
  read,
  request,
  type Run,
  start,
  stepStarted,
  upload
} from "../contract/deploy-store/fixture.ts"
import * as Database from "../setup/database.ts"
import { check } from "./invariants/check.ts"
import { readSnapshot } from "./invariants/Snapshot.ts"
import { type Loss, makeProxy, type Proxy } from "./support/Proxy.ts"

const storeAt = (url: string) =>
  Effect.map(
    Layer.build(
      Layer.fresh(
        Layer.provideMerge(SqlStore.layerPostgres, Postgres.layer({ url: Redacted.make(url), maxConnections: 3 }))
      )
    ),
    (context) => ({ context, store: Context.get(context, DeployStore) })
  )

const losses: ReadonlyArray<Loss> = ["request", "answer"]

type Store = DeployStore["Service"]

/** Sends a call, of which the proxy loses a statement, until it is answered. Answers with that, and how often it was sent. */
const persist = Effect.fnUntraced(function* <A, E>(call: Effect.Effect<A, E>) {
  for (let sent = 1; ; sent++) {
    const result = yield* Effect.result(call)
    if (result._tag === "Success") return { answer: result.success, sent }
    if (sent > 3) return yield* Effect.fail(result.failure)
  }
})

/** A write of the store: how it is prepared, the statement that is lost, and what has to have come of it. */
interface Write {
  readonly name: string
  readonly statement: RegExp
  readonly run: (store: Store, lose: Effect.Effect<void>) => Effect.Effect<void, unknown, DeployStore>
}

const types = (run: Pick<Run, "deployId">) => Effect.map(history(run.deployId), (all) => all.map(({ type }) => type))

const once = (deployId: Run["deployId"]) =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* types({ deployId }), ["deploy.created"])
    assert.strictEqual((yield* read(deployId)).deploy.sequenceNumber, 1)
  })

const writes: ReadonlyArray<Write> = [
  {
    name: "insert",
    statement: /'deploy\.created'/u,
    run: Effect.fnUntraced(function* (store, lose) {
      const deploy = yield* newDeploy()
      yield* lose
      const { answer } = yield* persist(store.insert(deploy))
      assert.strictEqual(answer.id, deploy.id)
      yield* once(deploy.id)
    })
  },
  {
    name: "insert under a key",
    statement: /^COMMIT/u,
    run: Effect.fnUntraced(function* (store, lose) {
      const [deploy, again] = [yield* newDeploy(), yield* newDeploy()]
      const key = { principal: "ada", key: deploy.id, request: "{}" }
      yield* lose
      yield* Effect.ignore(store.insert(deploy, { once: key }))
      // A caller that has no answer sends its request again, and the engine gives that another id.
      const second = { ...again, entityId: deploy.entityId, workspaceId: deploy.workspaceId }
      const { answer } = yield* persist(store.insert(second, { once: key }))
      assert.include([deploy.id, again.id], answer.id)
      yield* once(answer.id)
      assert.strictEqual(Option.getOrUndefined(yield* store.lane(deploy.entityId))?.lastSequence, 1)
    })
  },
  {
    name: "claim",
    statement: /'deploy\.running'/u,
    run: Effect.fnUntraced(function* (store, lose) {
      const [{ id }, owner] = [yield* store.insert(yield* newDeploy()), yield* freshOwner]
      yield* lose
      const { answer } = yield* persist(Effect.provideService(claim(id, { owner }), DeployStore, store))
      assert.isTrue(Option.isSome(answer))
      assert.deepStrictEqual(yield* types({ deployId: id }), ["deploy.created", "deploy.running"])
      assert.lengthOf((yield* read(id)).steps, 2)
    })
  },
  {
    name: "move",
    statement: /superseding/u,
    run: Effect.fnUntraced(function* (store, lose) {
      const run = yield* start()
      yield* lose
      const { answer } = yield* persist(store.move([request(run, [stepStarted(upload)])]))
      assert.deepStrictEqual(
        answer.map(({ _tag }) => _tag),
        ["Applied"]
      )
      assert.deepStrictEqual(yield* types(run), ["deploy.created", "deploy.running", "step.running"])
      assert.strictEqual((yield* read(run.deployId)).steps[0]?.starts, 1)
    })
  },
  {
    name: "cancel",
    statement: /^COMMIT/u,
    run: Effect.fnUntraced(function* (store, lose) {
      const run = yield* start()
      yield* lose
      const { answer } = yield* persist(Effect.provideService(cancel(run.deployId), DeployStore, store))
      assert.deepStrictEqual((yield* read(run.deployId)).deploy.metadata["cancellation"], { ...answer })
      assert.deepStrictEqual(yield* types(run), ["deploy.created", "deploy.running", "deploy.failed"])
    })
  },
  {
    name: "renew",
    statement: /SET lease_until/u,
    run: Effect.fnUntraced(function* (store, lose) {
      const run = yield* start()
      yield* lose
      const { answer } = yield* persist(store.renew([lease(run)], 60_000))
      assert.deepStrictEqual(answer, [lease(run)])
    })
  },
  {
    name: "release",
    statement: /SET owner = NULL/u,
    run: Effect.fnUntraced(function* (store, lose) {
      const run = yield* start()
      yield* lose
      yield* persist(store.release([lease(run)]))
      assert.isTrue(Option.isSome(yield* claim(run.deployId)))
    })
  }
]

const lost = (proxy: Proxy, statement: RegExp, loss: Loss) =>
  Effect.sync(() => proxy.lose((text) => statement.test(text.trim()), loss))

describe.skipIf(!Database.available)("a write whose connection is cut", () => {
  const cases = writes.flatMap((write) => losses.map((loss) => [write.name, loss, write] as const))
  it.live.each(cases)("%s: is sent again safely when its %s is lost", ([, loss, { run, statement }]) =>
    Effect.gen(function* () {
      const direct = yield* Database.fresh()
      const { proxy, url } = yield* makeProxy(direct)
      const [{ context, store: safe }, { store }] = [yield* storeAt(direct), yield* storeAt(url)]
      yield* Effect.provideService(run(store, lost(proxy, statement, loss)), DeployStore, safe)
      assert.strictEqual(proxy.cuts, 1)
      const snapshot = yield* Effect.provide(readSnapshot({ creates: [], cancels: [] }, null), context)
      // What the case leaves behind is not at its end.
      assert.deepStrictEqual(
        check(snapshot).filter(({ number }) => number !== 21),
        []
      )
    }).pipe(Effect.scoped)
  )

  it.effect(
    "is given up when nothing comes back at all, and the next one goes another way",
    () =>
      Effect.gen(function* () {
        const direct = yield* Database.fresh()
        const { proxy, url } = yield* makeProxy(direct)
        const [{ store: safe }, { store }] = [yield* storeAt(direct), yield* storeAt(url)]
        const run = yield* Effect.provideService(start(), DeployStore, safe)
        const move = store.move([request(run, [stepStarted(upload)])])
        assert.isTrue(Option.isSome(yield* store.find(run.deployId)), "it is connected")
        proxy.blackHole(true)
        const moving = yield* Effect.forkChild(Effect.flip(move), { startImmediately: true })
        yield* TestClock.withLive(Effect.sleep("100 millis"))
        yield* TestClock.adjust("16 seconds")
        assert.strictEqual((yield* Fiber.join(moving))._tag, "StoreError")
        proxy.blackHole(false)
        assert.deepStrictEqual(
          (yield* move).map(({ _tag }) => _tag),
          ["Applied"]
        )
      }).pipe(Effect.scoped),
    30_000
  )
})
