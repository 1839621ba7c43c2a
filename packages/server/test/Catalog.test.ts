import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { ask, TestServer } from "./support/serverApp.ts"

layer(TestServer.layer)("the catalog's routes", (it) => {
  it.effect("list what the caller may see and nothing else", () =>
    Effect.gen(function* () {
      const names = Effect.fnUntraced(function* (path: string, as: string) {
        const { body } = yield* ask(path, { as })
        return body.data.map(({ id }: { id: string }) => id)
      })
      assert.deepStrictEqual(yield* names("/api/workspaces", "bo"), ["mine"])
      assert.deepStrictEqual(yield* names("/api/workspaces", "root"), ["mine", "theirs"])
      assert.deepStrictEqual(yield* names("/api/apps", "cy"), ["app-2"])
      assert.deepStrictEqual(yield* names("/api/apps/app-2/builds", "cy"), ["bld-2"])
    })
  )

  it.effect("make a workspace for a caller with admin everywhere alone", () =>
    Effect.gen(function* () {
      const json = { name: "new" }
      const made = yield* ask("/api/workspaces", { as: "root", json })
      assert.strictEqual(made.status, 201)
      assert.match(made.body.id, /^ws_/)
      assert.strictEqual(made.body.name, "new")
      const refused = yield* ask("/api/workspaces", { as: "ada", json })
      assert.deepInclude(refused.body, { status: 403, right: "admin", workspaceId: null })
    })
  )

  it.effect("make an app, whose name no other app of the server has", () =>
    Effect.gen(function* () {
      const json = { workspaceId: "mine", name: "fresh-1" }
      const { body, status } = yield* ask("/api/apps", { json })
      assert.strictEqual(status, 201)
      assert.deepInclude(body, { workspaceId: "mine", name: "fresh-1", kind: "app" })
      const details = { liveDeployId: null, hold: null, queuePolicy: "queue" }
      assert.deepStrictEqual((yield* ask(`/api/apps/${body.id}`)).body, { ...body, ...details })
      const again = yield* ask("/api/apps", { json })
      assert.deepInclude(again.body, { status: 409, type: "urn:problem-type:deploys:name-taken" })
      const hidden = yield* ask("/api/apps", { json: { workspaceId: "mine", name: "blog" } })
      assert.deepStrictEqual(hidden.body.detail, "The name blog is taken")
      assert.notProperty(hidden.body, "entityId")
    })
  )

  const badNames = ["", "A", "a_b", "-a", "a-", "a.b", "ä", "a".repeat(41), "a b", "a\n"]
  it.effect.each(badNames)("refuse an app with the name %j", (name) =>
    Effect.gen(function* () {
      const { body } = yield* ask("/api/apps", { json: { workspaceId: "mine", name } })
      assert.strictEqual(body.status, 400)
      assert.deepStrictEqual(
        body.errors.map(({ path }: { path: string }) => path),
        ["/name"]
      )
    })
  )

  const unseen: ReadonlyArray<readonly [what: string, path: string, json?: unknown]> = [
    ["app", "/api/apps/app-2"],
    ["app that does not exist", "/api/apps/app-9"],
    ["app's builds", "/api/apps/app-2/builds"],
    ["build", "/api/builds/bld-2"],
    ["workspace to make an app in", "/api/apps", { workspaceId: "theirs", name: "x" }]
  ]
  it.effect.each(unseen)("find no %s that the caller may not read", ([, path, json]) =>
    Effect.gen(function* () {
      const hidden = yield* ask(path, { as: "bo", ...(json === undefined ? {} : { json }) })
      assert.strictEqual(hidden.status, 404)
      const missing = yield* ask(path.replaceAll("-2", "-9"), {
        as: "bo",
        ...(json === undefined ? {} : { json: { workspaceId: "theirs9", name: "x" } })
      })
      assert.strictEqual(missing.status, 404)
      assert.deepStrictEqual(Object.keys(hidden.body), Object.keys(missing.body))
    })
  )

  it.effect("forbid what the caller sees but may not do", () =>
    Effect.gen(function* () {
      const made = yield* ask("/api/apps", { as: "bo", json: { workspaceId: "mine", name: "x" } })
      assert.deepInclude(made.body, { status: 403, right: "admin", workspaceId: "mine" })
      const built = yield* ask("/api/apps/app-1/builds", { as: "bo", body: "x", type: "text/html" })
      assert.deepInclude(built.body, { status: 403, right: "deploy", workspaceId: "mine" })
    })
  )

  it.effect("want a token, and take no field or parameter that they don't know", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* ask("/api/workspaces", { as: "nobody" })).status, 401)
      const { body } = yield* ask("/api/apps?x=1", { json: { workspaceId: "mine", name: "y", extra: 1 } })
      assert.strictEqual(body.status, 400)
      const upload = yield* ask("/api/apps/app-1/builds?branch=a&branch=b&brunch=c", { body: "x" })
      assert.deepStrictEqual(
        upload.body.errors.map(({ code, path }: { code: string; path: string }) => `${path} ${code}`).toSorted(),
        ["/branch repeated", "/brunch unknown"]
      )
    })
  )
})
