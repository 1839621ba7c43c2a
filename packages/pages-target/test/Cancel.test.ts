import { DeployEngine } from "@deploys/core"
import { FakeFault, FakePages, type FakeCallName, type FakeOptions } from "@deploys/pages-target/testing"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { ada, Artifacts, create, deploy, filesOf, host, over, production, read } from "./support/host.ts"

type Moment = "before" | "after"

const calls: ReadonlyArray<FakeCallName> = [
  "project",
  "uploadToken",
  "missingAssets",
  "uploadAssets",
  "registerAssets",
  "createDeployment",
  "deployment"
]

const moments: ReadonlyArray<readonly [FakeCallName, Moment]> = calls.flatMap((call) => [
  [call, "before"],
  [call, "after"]
])

/** Cancels a deploy while a call of it is held up, and lets the call go on once the cancel is answered. */
const cancelAt = Effect.fnUntraced(function* (app: string, [call, moment]: readonly [FakeCallName, Moment]) {
  const { inject } = yield* FakePages
  const { put } = yield* Artifacts
  put(`${app}-two`, filesOf({ "index.html": "two", "app.txt": app }))
  const arrived = yield* Deferred.make<void>()
  const cancelled = yield* Deferred.make<void>()
  const gate = Effect.andThen(Deferred.succeed(arrived, undefined), Deferred.await(cancelled))
  if (call === "uploadToken") yield* inject("missingAssets", FakeFault.ExpiredToken(), { project: app })
  yield* inject(call, moment === "before" ? FakeFault.Before({ gate }) : FakeFault.After({ gate }), { project: app })
  const { id } = yield* create(app, `${app}-two`)
  yield* Deferred.await(arrived)
  yield* DeployEngine.use((deploys) => deploys.cancel(ada, id))
  const answered = (yield* read(id)).deploy
  assert.deepStrictEqual([answered.status, answered.failureCode], ["failed", "cancelled"])
  yield* Effect.sleep("20 millis")
  yield* Deferred.succeed(cancelled, undefined)
  return yield* over(id)
})

/** Cancels at every call, each in an app of its own, all at once. */
const everywhere = <E, R, E2, R2>(
  prepare: (app: string) => Effect.Effect<unknown, E, R>,
  check: (app: string, ended: Effect.Success<ReturnType<typeof over>>, what: string) => Effect.Effect<void, E2, R2>,
  at = moments
) =>
  Effect.forEach(
    at,
    Effect.fnUntraced(function* (at) {
      const app = `app-${at[0].toLowerCase()}-${at[1]}`
      yield* prepare(app)
      const ended = yield* cancelAt(app, at)
      yield* check(app, ended, `${at.join(" ")}: ${JSON.stringify(ended.deploy)}\n${ended.logs.join("\n")}`)
    }),
    { concurrency: "unbounded", discard: true }
  )

const readings: ReadonlyArray<readonly [string, FakeOptions]> = [
  ["where a rollback leads to the earlier deployment itself", {}],
  ["where a rollback makes a new deployment of the earlier one", { rollbackMakes: "new" }],
  ["where deployments take their time to go live", { deployTime: "60 millis", canonicalDelay: "30 millis" }],
  ["where deployments take their time to be listed", { listDelay: "50 millis" }]
]

describe("a cancel", () => {
  it.live.each(readings)("at any call leaves the earlier deploy live and nothing else, %s", ([, fake]) =>
    everywhere(
      Effect.fnUntraced(function* (app) {
        const { put } = yield* Artifacts
        put("one", filesOf({ "index.html": "one" }))
        assert.strictEqual((yield* deploy(app, "one")).deploy.status, "completed")
      }),
      Effect.fnUntraced(function* (app, ended, what) {
        const { project } = yield* FakePages
        assert.include(["discarded", "prevented", "reverted"], ended.deploy.metadata["outcome"], what)
        assert.strictEqual(yield* production(app), "one", what)
        const left = (yield* project(app))?.deployments ?? []
        assert.isFalse(
          left.some(({ message }) => message.startsWith(ended.deploy.id)),
          what
        )
      })
    ).pipe(Effect.provide(host(fake)))
  )

  it.live("where Cloudflare keeps the newest deployment leaves it unlinked", () =>
    everywhere(
      Effect.fnUntraced(function* (app) {
        const { put } = yield* Artifacts
        put("one", filesOf({ "index.html": "one" }))
        assert.strictEqual((yield* deploy(app, "one")).deploy.status, "completed")
      }),
      Effect.fnUntraced(function* (app, ended, what) {
        const { project } = yield* FakePages
        assert.include(["discarded", "prevented", "reverted"], ended.deploy.metadata["outcome"], what)
        assert.strictEqual(yield* production(app), "one", what)
        assert.isAtMost((yield* project(app))?.deployments.length ?? 0, 2)
      })
    ).pipe(Effect.provide(host({ keeps: "latest", deployTime: "30 millis", canonicalDelay: "20 millis" })))
  )

  it.live("of a project's first deploy is unresolved once the deployment is live", () =>
    everywhere(
      Effect.fnUntraced(function* (app) {
        const { addProject } = yield* FakePages
        yield* addProject(app)
      }),
      Effect.fnUntraced(function* (app, ended, what) {
        const isMade = /createdeployment|deployment-/.test(app)
        const live = yield* production(app)
        assert.strictEqual(ended.deploy.metadata["outcome"] === "unresolved", isMade, what)
        assert.strictEqual(live, isMade ? "two" : "status 404", what)
        if (isMade) assert.include(ended.logs.join("\n"), "stays live")
      })
    ).pipe(Effect.provide(host()))
  )

  it.live("while the project is made leaves it empty", () =>
    everywhere(
      () => Effect.void,
      Effect.fnUntraced(function* (app, ended, what) {
        const { project } = yield* FakePages
        assert.include(["discarded", "prevented"], ended.deploy.metadata["outcome"], what)
        assert.deepStrictEqual((yield* project(app))?.deployments ?? [], [], what)
      }),
      [
        ["createProject", "before"],
        ["createProject", "after"]
      ]
    ).pipe(Effect.provide(host()))
  )

  it.live("lets an upload in flight finish, and starts nothing more", () =>
    Effect.gen(function* () {
      const { calls, inject, project } = yield* FakePages
      const { put } = yield* Artifacts
      put(
        "big",
        filesOf(Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`${index}.txt`, `file ${index}`])))
      )
      const arrived = yield* Deferred.make<void>()
      const gate = yield* Deferred.make<void>()
      const hold = Effect.andThen(Deferred.succeed(arrived, undefined), Deferred.await(gate))
      yield* inject("uploadAssets", FakeFault.Before({ gate: hold }), { times: 3 })
      const { id } = yield* create("shop", "big")
      yield* Deferred.await(arrived)
      yield* DeployEngine.use((deploys) => deploys.cancel(ada, id))
      const ended = yield* over(id)
      assert.strictEqual(ended.deploy.metadata["outcome"], "discarded")
      yield* Deferred.succeed(gate, undefined)
      yield* Effect.sleep("100 millis")
      const seen = (yield* calls).map(({ call, status }) => `${call} ${status}`)
      assert.include(seen, "uploadAssets 200")
      assert.notInclude(seen.join(), "registerAssets")
      assert.deepStrictEqual((yield* project("shop"))?.deployments, [])
    }).pipe(Effect.provide(host({}, { uploadConcurrency: 1 })))
  )
})
