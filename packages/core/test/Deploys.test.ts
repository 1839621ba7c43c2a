import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { type Deploys, makeDeploys } from "../src/Deploys.ts"
import { decodeListOptions } from "../src/list/ListRequest.ts"
import type { Step } from "../src/plan/Step.ts"
import { hangs, succeeds } from "../src/testing/ScriptedTarget.ts"
import { engine } from "./fixtures/engine.ts"

/** The engine as promises, disposed of at the end of the test. */
const using = (steps: ReadonlyArray<Step<unknown>>, use: (deploys: ReturnType<typeof makeDeploys>) => Promise<void>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => makeDeploys(engine(...steps))),
    (deploys) => Effect.promise(() => use(deploys)),
    (deploys) => Effect.promise(() => deploys.dispose())
  )

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error
  )

const collect = async <A>(items: AsyncIterable<A>) => {
  const all: Array<A> = []
  for await (const item of items) all.push(item)
  return all
}

describe("the promise façade", () => {
  it.live("creates a deploy and resolves once it is over", () =>
    using([succeeds("upload")], async (deploys) => {
      const { id } = await deploys.create({ buildId: "bld_1", metadata: { ticket: 7 } })
      const done = await deploys.finished(id)
      assert.strictEqual(done.status, "completed")
      assert.deepStrictEqual(
        done.steps.map((step) => Object.keys(step)),
        [["id", "deployId", "index", "name", "status", "attempt", "error", "output", "startedAt", "completedAt"]]
      )
    })
  )

  it.live("follows a deploy as an async iterable that ends", () =>
    using([succeeds("upload")], async (deploys) => {
      const { id } = await deploys.create({ buildId: "bld_1" })
      const types: Array<string> = []
      for await (const event of deploys.events(id)) types.push(event.type)
      assert.deepStrictEqual([types[0], types.at(-1)], ["deploy.created", "deploy.completed"])
    })
  )

  it.live("stops following when its signal is aborted", () =>
    using([hangs("upload")], async (deploys) => {
      const { id } = await deploys.create({ buildId: "bld_1" })
      const controller = new AbortController()
      let seen = 0
      for await (const event of deploys.events(id, { signal: controller.signal })) {
        seen += 1
        if (event.type === "step.running") controller.abort()
      }
      assert.strictEqual(seen, 3)
    })
  )

  it.live("iterates over the events of all deploys until its signal is aborted", () =>
    using([succeeds("upload")], async (deploys) => {
      const controller = new AbortController()
      const types: Array<string> = []
      const reading = (async () => {
        for await (const event of deploys.watch({ signal: controller.signal })) {
          types.push(event.type)
          if (event.type === "deploy.completed") controller.abort()
        }
      })()
      // Asked for behind the feed: it is in it, though neither has begun.
      await deploys.create({ buildId: "bld_1" })
      await reading
      assert.deepStrictEqual([types[0], types.length], ["deploy.created", 5])
    })
  )

  it.live("calls listeners with each event in order, also those that fail, until they are taken off", () =>
    using([succeeds("upload")], async (deploys) => {
      const heard: Array<number> = []
      let calls = 0
      const end = deploys.onEvent(async (event) => {
        calls += 1
        await Promise.resolve()
        if ("sequence" in event) heard.push(event.sequence)
        if (calls === 1) return Promise.reject(new Error("this listener is broken"))
      })
      deploys.onEvent(() => {
        throw new Error("and this one always")
      })
      const one = await deploys.create({ buildId: "bld_1" })
      await deploys.finished(one.id)
      while (heard.length < 5) await new Promise((resolve) => setTimeout(resolve, 5))
      assert.deepStrictEqual(heard, [1, 2, 3, 4, 5])
      end()
      const two = await deploys.create({ buildId: "bld_2" })
      await deploys.finished(two.id)
      assert.strictEqual(heard.length, 5)
    })
  )

  it.live("ends iterations over all events when it is disposed of", () =>
    using([succeeds("upload")], async (deploys) => {
      const iteration = deploys.watch()[Symbol.asyncIterator]()
      const first = iteration.next()
      await deploys.create({ buildId: "bld_1" })
      assert.strictEqual((await first).done, false)
      await deploys.dispose()
      let last = await iteration.next()
      while (last.done !== true) last = await iteration.next()
    })
  )

  it.live("cancels, and rejects with the engine's own error afterwards", () =>
    using([hangs("upload")], async (deploys) => {
      const { id } = await deploys.create({ buildId: "bld_1" })
      const cancellation = await deploys.cancel(id, { reason: "wrong branch" })
      assert.deepInclude(cancellation, { by: "host", reason: "wrong branch" })
      assert.strictEqual((await deploys.finished(id)).failureCode, "cancelled")
    })
  )

  it.live("rejects with all faults of an input at once", () =>
    using([succeeds("upload")], async (deploys) => {
      const error = await rejection(deploys.create({ buildId: "no id!", metadata: { cancellation: 1, a: "\0" } }))
      assert.deepInclude(error, { _tag: "InvalidInput" })
      const faults = error instanceof Error && "faults" in error ? JSON.stringify(error.faults) : ""
      assert.include(faults, '"/buildId"')
      assert.include(faults, '"/metadata/a"')
    })
  )

  it.live("takes a malformed id for one that names nothing", () =>
    using([succeeds("upload")], async (deploys) => {
      assert.deepInclude(await rejection(deploys.get("nonsense")), { _tag: "NotFound", id: "nonsense" })
    })
  )

  it.live("shows nothing to a caller without rights", () =>
    using([succeeds("upload")], async (deploys) => {
      const { id } = await deploys.create({ buildId: "bld_1" })
      const stranger = { subject: "eve", everywhere: [], workspaces: {} }
      assert.deepInclude(await rejection(deploys.get(id, { as: stranger })), { _tag: "NotFound" })
      assert.deepInclude(await rejection(deploys.create({ buildId: "bld_1" }, { as: stranger })), { _tag: "NotFound" })
      const reader = { subject: "bob", everywhere: ["read" as const], workspaces: {} }
      assert.strictEqual((await deploys.get(id, { as: reader })).id, id)
      assert.deepInclude(await rejection(deploys.cancel(id, { as: reader })), { _tag: "Forbidden", right: "cancel" })
      assert.deepInclude(await rejection(deploys.create({ buildId: "bld_1" }, { as: reader })), { _tag: "Forbidden" })
    })
  )

  it.live("lists by a typed filter and order", () =>
    using([succeeds("upload")], async (deploys) => {
      const { id } = await deploys.create({ buildId: "bld_1" })
      await deploys.finished(id)
      const { data, pageInfo } = await deploys.list({
        filter: { steps: { some: { name: { eq: "upload" }, status: { in: ["completed"] } } } },
        orderBy: [{ createdAt: "desc" }, { id: "asc" }],
        workspaceId: "ws_1"
      })
      assert.deepStrictEqual([data.map((row) => row.id), pageInfo.total], [[id], 1])
    })
  )

  it("takes no list that the server would refuse for its types", () => {
    const refused: ReadonlyArray<Parameters<Deploys["list"]>[0]> = [
      // @ts-expect-error -- a status has no order
      { filter: { status: { gt: 3 } } },
      // @ts-expect-error -- there is no such field
      { filter: { state: { eq: "failed" } } },
      // @ts-expect-error -- null is asked for by isNull
      { filter: { error: { eq: null } } },
      // @ts-expect-error -- steps want a quantifier
      { filter: { steps: { name: { eq: "upload" } } } },
      // @ts-expect-error -- JSON has no order
      { orderBy: [{ metadata: "asc" }] },
      // @ts-expect-error -- there is no such direction
      { orderBy: [{ createdAt: "down" }] },
      // @ts-expect-error -- an order has a key
      { orderBy: [] },
      // @ts-expect-error -- there is no such status
      { status: "done" },
      // @ts-expect-error -- there is no such parameter
      { page: 2 }
    ]
    for (const list of refused) assert.isTrue(Result.isFailure(decodeListOptions(list)), JSON.stringify(list))
  })

  it.live("iterates over all deploys of a list, forwards and backwards", () =>
    using([succeeds("upload")], async (deploys) => {
      for (let made = 0; made < 7; made++) await deploys.create({ buildId: `bld_${made}` })
      // Meanwhile they run: only which ones there are, and in which order, stays as it is.
      const ids = (rows: ReadonlyArray<{ readonly id: string }>) => rows.map(({ id }) => id)
      const seen = await collect(deploys.listAll({ limit: 3 }))
      const { data, pageInfo } = await deploys.list()
      assert.deepStrictEqual(ids(seen), ids(data))
      const back = await collect(deploys.listAll({ limit: 2, before: pageInfo.endCursor ?? "" }))
      assert.deepStrictEqual(ids(back), ids(data).slice(0, -1).toReversed())
    })
  )

  it.live("rejects with the reason when a walk over a list is aborted", () =>
    using([succeeds("upload")], async (deploys) => {
      for (let made = 0; made < 3; made++) await deploys.create({ buildId: `bld_${made}` })
      const controller = new AbortController()
      const walk = async () => {
        for await (const _ of deploys.listAll({ limit: 1 }, { signal: controller.signal })) controller.abort("enough")
      }
      assert.strictEqual(await rejection(walk()), "enough")
    })
  )

  it.live("rejects a walk over a list that is asked for wrongly", () =>
    using([succeeds("upload")], async (deploys) => {
      const wrong = collect(deploys.listAll({ limit: 0, after: "x" }))
      assert.deepInclude(await rejection(wrong), { _tag: "InvalidInput" })
      const stranger = { subject: "eve", everywhere: [], workspaces: {} }
      await deploys.create({ buildId: "bld_1" })
      assert.deepStrictEqual(await collect(deploys.listAll({}, { as: stranger })), [])
    })
  )

  it.live("goes back, tells of the hold, and releases it", () =>
    using([succeeds("upload")], async (deploys) => {
      const first = await deploys.create({ buildId: "bld_1" })
      await deploys.finished(first.id)
      const key = { idempotencyKey: "once" }
      const back = await deploys.rollback(first.id, { ...key, reason: "wrong prices" })
      assert.deepInclude(back, { trigger: "rollback", replayed: false })
      assert.deepInclude(await deploys.rollback(first.id, { ...key, reason: "wrong prices" }), {
        id: back.id,
        replayed: true
      })
      await deploys.finished(back.id)
      const lane = await deploys.lane("app_1")
      assert.deepInclude(lane, { liveDeployId: back.id, queuePolicy: "queue" })
      assert.deepInclude(lane.hold, { by: "host", reason: "wrong prices" })
      const auto = await deploys.deployForEvent({ buildId: "bld_1", sourceEventId: "push-1" })
      assert.strictEqual((await deploys.get(auto.id)).waiting?.for, "hold")
      await deploys.releaseHold("app_1")
      assert.strictEqual((await deploys.finished(auto.id)).status, "completed")
      assert.deepInclude(await rejection(deploys.create({ buildId: "bld_1" }, key)), { _tag: "IdempotencyKeyReused" })
      assert.deepInclude(await rejection(deploys.lane("no id!")), { _tag: "NotFound", resource: "app" })
    })
  )
})
