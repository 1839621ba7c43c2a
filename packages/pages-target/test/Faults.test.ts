import { FakeFault, FakePages, type FakeCallName, type FaultOptions } from "@deploys/pages-target/testing"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { Artifacts, create, deploy, filesOf, host, over, production } from "./support/host.ts"
import { DeployEngine } from "@deploys/core"
import { ada } from "./support/host.ts"

const faults: Readonly<Record<string, { readonly fault: FakeFault; readonly options?: FaultOptions }>> = {
  "429 with a wait": {
    fault: FakeFault.Refused({ status: 429, code: 10000, message: "Rate limited", retryAfter: 0.05 })
  },
  "an unknown error": {
    fault: FakeFault.Refused({ status: 500, code: 8000000, message: "An unknown error occurred" })
  },
  "unknown errors without end": {
    fault: FakeFault.Refused({ status: 500, code: 8000000, message: "An unknown error occurred" }),
    options: { times: 1000 }
  },
  "a refusal": { fault: FakeFault.Refused({ status: 403, code: 8000119, message: "The project is blocked" }) },
  "no success with 200": {
    fault: FakeFault.Refused({ status: 200, code: 8000000, message: "An unknown error occurred" })
  },
  "a gateway's page": { fault: FakeFault.Gateway({ status: 502 }), options: { times: 2 } },
  "an expired token": { fault: FakeFault.ExpiredToken(), options: { times: 2 } },
  "a socket that is cut": { fault: FakeFault.Reset() },
  "an answer that is lost": { fault: FakeFault.Lost() },
  "answers that are all lost": { fault: FakeFault.Lost(), options: { times: 1000 } },
  "a success that is denied": {
    fault: FakeFault.Denied({ status: 500, code: 8000000, message: "An unknown error occurred" })
  },
  "an answer that comes late": { fault: FakeFault.Slow({ duration: "60 millis" }) }
}

const calls: ReadonlyArray<FakeCallName> = [
  "project",
  "uploadToken",
  "missingAssets",
  "uploadAssets",
  "registerAssets",
  "createDeployment",
  "deployments",
  "deployment"
]

const undoing: ReadonlyArray<FakeCallName> = ["rollback", "deleteDeployment", "project", "deployment"]

/** Faults that outlast every attempt to undo something. */
const lasting = /without end|all lost|a refusal/

const one = filesOf({ "index.html": "one", "a.txt": "a" })
const two = filesOf({ "index.html": "two", "b.txt": "b" })

let apps = 0
const freshApp = Effect.gen(function* () {
  const { put } = yield* Artifacts
  put("one", one)
  const app = `app-${++apps}`
  // Files of its own, so that there is something to upload.
  put(`${app}-two`, [...two, ...filesOf({ "app.txt": app })])
  assert.strictEqual((yield* deploy(app, "one")).deploy.status, "completed")
  return app
})

const story = (what: string, { deploy: { error, metadata, status }, logs }: Ended) =>
  `${what}: ${status}, ${error}, ${JSON.stringify(metadata)}\n${logs.join("\n")}`

type Ended = Effect.Success<ReturnType<typeof over>>

/** Production serves the one deploy or the other, and no third deployment is left. */
const checkLeft = Effect.fnUntraced(function* (app: string, ended: Ended, what: string) {
  const { project } = yield* FakePages
  const left = (yield* project(app))?.deployments ?? []
  const says = story(what, ended)
  const { metadata, status } = ended.deploy
  if (status === "completed") {
    assert.strictEqual(yield* production(app), "two", says)
    return assert.lengthOf(left, 2, says)
  }
  assert.isNotNull(ended.deploy.error, says)
  if (metadata["outcome"] === "unresolved") return assert.match(what, lasting, says)
  assert.strictEqual(yield* production(app), "one", says)
  // What Cloudflare will not have removed stays, and nothing leads to it.
  assert.lengthOf(left, /^deleteDeployment.*refusal/.test(what) ? 2 : 1, says)
})

/** Lets every fault happen at this call, each to a deploy of its own, all at once. */
const withEach = <E, R>(
  call: FakeCallName,
  run: (app: string, fail: Effect.Effect<void>) => Effect.Effect<Ended, E, R>
) =>
  Effect.forEach(
    Object.entries(faults),
    Effect.fnUntraced(function* ([name, { fault, options }]) {
      const { inject } = yield* FakePages
      const app = yield* freshApp
      const ended = yield* run(app, inject(call, fault, { ...options, project: app }))
      yield* checkLeft(app, ended, `${call}, ${name}`)
    }),
    { concurrency: "unbounded", discard: true }
  )

layer(host(), { excludeTestServices: true })("a fault of Cloudflare", (it) => {
  it.effect.each(calls)("at %s leaves the deploy live or failed, never twice or half", (call) =>
    withEach(
      call,
      Effect.fnUntraced(function* (app, fail) {
        const { inject } = yield* FakePages
        // The token is kept for all deploys of a project: another is asked for only when this one is refused.
        if (call === "uploadToken") yield* inject("missingAssets", FakeFault.ExpiredToken(), { project: app })
        // Deployments are looked for only when a call to make one was not answered.
        if (call === "deployments") yield* inject("createDeployment", FakeFault.Lost(), { project: app })
        yield* fail
        return yield* deploy(app, `${app}-two`)
      })
    )
  )

  it.effect.each(undoing)("at %s while a deploy is undone leaves the earlier one live, or says so", (call) =>
    withEach(
      call,
      Effect.fnUntraced(function* (app, fail) {
        const { inject } = yield* FakePages
        const arrived = yield* Deferred.make<void>()
        const gate = Effect.andThen(Deferred.succeed(arrived, undefined), Effect.sleep("1 second"))
        yield* inject("deployment", FakeFault.Before({ gate }), { project: app })
        const { id } = yield* create(app, `${app}-two`)
        yield* Deferred.await(arrived)
        // Live by now, though the deploy has not heard of it.
        assert.strictEqual(yield* production(app), "two")
        yield* fail
        yield* DeployEngine.use((deploys) => deploys.cancel(ada, id))
        const ended = yield* over(id)
        assert.strictEqual(ended.deploy.status, "failed")
        return ended
      })
    )
  )

  it.effect("at createProject leaves a first deploy live or failed, and makes no deployment in vain", () =>
    Effect.forEach(
      Object.entries(faults),
      Effect.fnUntraced(function* ([name, { fault, options }], index) {
        const { inject, project } = yield* FakePages
        const { put } = yield* Artifacts
        put("two", two)
        const app = `new-${index}`
        yield* inject("createProject", fault, { ...options, project: app })
        const ended = yield* deploy(app, "two")
        const says = story(`createProject, ${name}`, ended)
        const made = (yield* project(app))?.deployments ?? []
        if (ended.deploy.status === "completed") {
          assert.strictEqual(yield* production(app), "two", says)
          return assert.lengthOf(made, 1, says)
        }
        assert.isNotNull(ended.deploy.error, says)
        assert.strictEqual(ended.deploy.metadata["outcome"], "prevented", says)
        return assert.lengthOf(made, 0, says)
      }),
      { concurrency: "unbounded", discard: true }
    )
  )

  it.effect("at deploymentLogs costs the failed deploy its reason, and nothing else", () =>
    withEach(
      "deploymentLogs",
      Effect.fnUntraced(function* (app, fail) {
        const { inject } = yield* FakePages
        yield* inject("createDeployment", FakeFault.FailedStage({ line: "Line 3" }), { project: app })
        yield* fail
        const ended = yield* deploy(app, `${app}-two`)
        assert.include(ended.deploy.error ?? "", "ended in stage deploy with failure")
        return ended
      })
    )
  )
})
