import { BuildId, DeployEngine, DeployId, DeployMove, DeployStore, trustedPrincipal } from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { ask, TestServer } from "./support/serverApp.ts"

/** Puts the build of `app-2` live without a runner. */
const live = Effect.gen(function* () {
  const engine = yield* DeployEngine
  const store = yield* DeployStore
  const { id } = yield* engine.create(trustedPrincipal("host"), { buildId: BuildId.make("bld-2") })
  const claim = yield* store.claim({ deployId: id, owner: "runner", leaseMillis: 1000, steps: [] })
  const { epoch, lastEvent: after } = Option.getOrThrow(claim)
  const moves = [DeployMove.Completed({ previewUrl: null, productionUrl: null })]
  yield* store.move([{ deployId: id, epoch, after, by: "runner", moves }])
  return id
})

layer(TestServer.layer)("an app", (it) => {
  it.effect("tells which deploy is live and who holds it, until the hold is released", () =>
    Effect.gen(function* () {
      const app = "/api/apps/app-2"
      const before = yield* ask(app, { as: "cy" })
      assert.deepInclude(before.body, { id: "app-2", liveDeployId: null, hold: null, queuePolicy: "queue" })
      const id = yield* live
      const reason = "wrong prices"
      const back = yield* ask(`/api/deploys/${id}/rollback`, { as: "cy", json: { reason } })
      assert.deepInclude(back.body, { trigger: "rollback", buildId: "bld-2", createdBy: "cy" })
      const { body } = yield* ask(app, { as: "cy" })
      assert.strictEqual(body.liveDeployId, id)
      assert.deepInclude(body.hold, { by: "cy", reason })
      assert.match(body.hold.since, /^\d{4}-.*Z$/)
      const { body: pending } = yield* ask(`/api/deploys/${back.body.id}`, { as: "cy" })
      assert.deepInclude(pending.waiting, { for: "capacity", position: 1 })
      for (const _ of ["release", "release again"]) {
        const released = yield* ask(`${app}/hold`, { as: "cy", method: "DELETE" })
        assert.deepStrictEqual(released, { status: 204, body: null })
        assert.isNull((yield* ask(app, { as: "cy" })).body.hold)
      }
    })
  )

  it.effect("is released by nobody without the right to deploy", () =>
    Effect.gen(function* () {
      const forbidden = yield* ask("/api/apps/app-1/hold", { as: "bo", method: "DELETE" })
      assert.deepInclude(forbidden.body, { status: 403, right: "deploy", workspaceId: "mine" })
      const hidden = yield* ask("/api/apps/app-2/hold", { as: "bo", method: "DELETE" })
      const missing = yield* ask("/api/apps/app-9/hold", { as: "bo", method: "DELETE" })
      assert.strictEqual(hidden.status, 404)
      assert.deepStrictEqual({ ...hidden.body, detail: "" }, { ...missing.body, detail: "" })
      const { id } = { id: DeployId.make("dep_00000000000000000000000009") }
      assert.strictEqual((yield* ask(`/api/deploys/${id}/rollback`, { as: "bo", method: "POST" })).status, 404)
    })
  )
})
