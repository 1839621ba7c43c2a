import type { Build, Catalog, NameTaken, Scope, StoreError } from "@deploys/core"
import { CatalogRegistry } from "@deploys/core"
import type { Vitest } from "@effect/vitest"
import { assert, layer } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { build, entity, id, ids, sourceEvent, version, workspace } from "./catalog/fixture.ts"
import type { Passage } from "./passage.ts"

type It = Vitest.MethodsNonLive<Catalog | CatalogRegistry>

const addCases = (it: It) => {
  it.effect("answers with the row that is there when an id is registered again", () =>
    Effect.gen(function* () {
      const registry = yield* CatalogRegistry
      const tenant = yield* workspace
      assert.deepStrictEqual(yield* registry.addWorkspace({ id: tenant.id, name: "other" }), tenant)
      const app = yield* entity(tenant.id)
      const changed = { id: app.id, workspaceId: tenant.id, kind: "function", name: `${app.name}-x` }
      assert.deepStrictEqual(yield* registry.addEntity(changed), app)
      const main = yield* version(app.id)
      assert.deepStrictEqual(yield* registry.ensureVersion({ id: main.id, entityId: app.id, name: "renamed" }), main)
      const first = yield* build(main.id)
      const { createdAt: _, completedAt: __, ...row } = first
      assert.deepStrictEqual(yield* registry.addBuild({ ...row, status: "failed", error: "late" }), first)
      assert.deepStrictEqual(yield* registry.builds(app.id, 10), [first])
      const event = yield* sourceEvent(tenant.id, "first")
      const { createdAt: ___, ...same } = event
      assert.deepStrictEqual(yield* registry.addSourceEvent({ ...same, kind: "tag", payload: "other" }), event)
    })
  )

  it.effect("adds a source event with any payload as it was given", () =>
    Effect.gen(function* () {
      const tenant = yield* workspace
      for (const payload of [null, 0, "", false, [], {}, { "": [null, { a: "\u{1f600}" }] }]) {
        const event = yield* sourceEvent(tenant.id, payload)
        assert.deepStrictEqual(event, {
          id: event.id,
          workspaceId: tenant.id,
          kind: "push",
          payload,
          createdAt: event.createdAt
        })
      }
    })
  )

  it.effect("adds a workspace and an entity as they were given", () =>
    Effect.gen(function* () {
      const registry = yield* CatalogRegistry
      const tenantId = yield* id(ids.workspace)
      const tenant = yield* registry.addWorkspace({ id: tenantId, name: "Ada's \u{1f680}" })
      assert.deepStrictEqual(tenant, { id: tenantId, name: "Ada's \u{1f680}", createdAt: tenant.createdAt })
      const appId = yield* id(ids.entity)
      const app = yield* registry.addEntity({ id: appId, workspaceId: tenantId, kind: "function", name: appId })
      assert.deepStrictEqual(app, {
        id: appId,
        workspaceId: tenantId,
        kind: "function",
        name: appId,
        createdAt: app.createdAt
      })
    })
  )

  it.effect("refuses a name that an entity of any workspace has", () =>
    Effect.gen(function* () {
      const app = yield* entity((yield* workspace).id)
      const other = yield* workspace
      const error = yield* Effect.flip(entity(other.id, app.name))
      if (error._tag !== "NameTaken") return assert.fail(error._tag)
      assert.deepStrictEqual([error.name, error.entityId], [app.name, app.id])
      const registry = yield* CatalogRegistry
      assert.deepStrictEqual(yield* registry.entities([other.id]), [])
    })
  )

  it.effect("gives a name to one of many that ask at once", () =>
    Effect.gen(function* () {
      const tenant = yield* workspace
      const name = yield* id(ids.entity)
      const asked = Array.from({ length: 8 }, () => Effect.result(entity(tenant.id, name)))
      const answers = yield* Effect.all(asked, { concurrency: "unbounded" })
      const [winner] = answers.flatMap((answer) => (answer._tag === "Success" ? [answer.success] : []))
      const failures: ReadonlyArray<NameTaken | StoreError> = answers.flatMap((answer) =>
        answer._tag === "Failure" ? [answer.failure] : []
      )
      assert.lengthOf(failures, 7)
      for (const failure of failures) assert.strictEqual(failure._tag === "NameTaken" && failure.entityId, winner?.id)
    })
  )
}

const versionCases = (it: It) => {
  it.effect("finds a version by its name before it makes one", () =>
    Effect.gen(function* () {
      const registry = yield* CatalogRegistry
      const app = yield* entity((yield* workspace).id)
      const main = yield* version(app.id, "main")
      const again = yield* registry.ensureVersion({ id: yield* id(ids.version), entityId: app.id, name: "main" })
      assert.deepStrictEqual(again, main)
      const other = yield* entity(app.workspaceId)
      assert.notStrictEqual((yield* version(other.id, "main")).id, main.id)
    })
  )

  it.effect("makes the first version of an entity its default, and no other", () =>
    Effect.gen(function* () {
      const app = yield* entity((yield* workspace).id)
      const made = [yield* version(app.id, "main"), yield* version(app.id, "next"), yield* version(app.id, "old")]
      assert.deepStrictEqual(
        made.map(({ isDefault }) => isDefault),
        [true, false, false]
      )
    })
  )

  it.effect("makes one version and one default when many ask at once", () =>
    Effect.gen(function* () {
      const app = yield* entity((yield* workspace).id)
      const names = Array.from({ length: 12 }, (_, index) => `branch-${index % 3}`)
      const made = yield* Effect.all(
        names.map((name) => version(app.id, name)),
        { concurrency: "unbounded" }
      )
      const distinct = new Map(made.map((row) => [row.id, row]))
      assert.strictEqual(distinct.size, 3)
      assert.lengthOf(
        [...distinct.values()].filter(({ isDefault }) => isDefault),
        1
      )
    })
  )
}

const buildCases = (it: It) => {
  it.effect("adds a build as it was given, completed when its status is final", () =>
    Effect.gen(function* () {
      const main = yield* version((yield* entity((yield* workspace).id)).id)
      const given: Partial<Build> = { branch: "main", commitSha: "abc", commitMessage: "é\n\u{1f680}", artifact: null }
      for (const status of ["queued", "running", "completed", "failed"] as const) {
        const error = status === "failed" ? "it broke" : null
        const row = yield* build(main.id, { ...given, status, error })
        assert.deepInclude(row, { ...given, status, error, versionId: main.id })
        assert.strictEqual(row.completedAt !== null, status === "completed" || status === "failed")
        if (row.completedAt !== null) assert.isTrue(row.completedAt >= row.createdAt)
      }
    })
  )
}

const listCases = (it: It, pass: Passage) => {
  it.effect("lists workspaces and entities in scope, the oldest first", () =>
    Effect.gen(function* () {
      const registry = yield* CatalogRegistry
      const tenants = []
      const apps = []
      for (let count = 0; count < 3; count++) {
        const tenant = yield* workspace
        tenants.push(tenant)
        apps.push(yield* entity(tenant.id))
        yield* pass(5)
      }
      const [one, two, three] = tenants.map((row) => row.id)
      if (one === undefined || two === undefined || three === undefined) return assert.fail("three are there")
      const unknown = yield* id(ids.workspace)
      assert.deepStrictEqual(yield* registry.workspaces([three, one, two, unknown]), tenants)
      assert.deepStrictEqual(yield* registry.entities([three, two, one, unknown]), apps)
      assert.deepStrictEqual(yield* registry.workspaces([two]), tenants.slice(1, 2))
      assert.deepStrictEqual(yield* registry.entities([two]), apps.slice(1, 2))
    })
  )

  it.effect("lists nothing for nobody and everything for all", () =>
    Effect.gen(function* () {
      const registry = yield* CatalogRegistry
      const tenant = yield* workspace
      const app = yield* entity(tenant.id)
      const read = (scope: Scope) => Effect.all([registry.workspaces(scope), registry.entities(scope)])
      assert.deepStrictEqual(yield* read([]), [[], []])
      const [workspaces, entities] = yield* read("all")
      assert.deepInclude(workspaces, tenant)
      assert.deepInclude(entities, app)
    })
  )

  it.effect("lists the builds of an entity, the newest first, up to a limit", () =>
    Effect.gen(function* () {
      const registry = yield* CatalogRegistry
      const app = yield* entity((yield* workspace).id)
      const main = yield* version(app.id, "main")
      const next = yield* version(app.id, "next")
      const builds: Array<Build> = []
      for (const status of ["completed", "queued", "failed", "running"] as const) {
        builds.unshift(yield* build(status === "queued" ? next.id : main.id, { status }))
        yield* pass(5)
      }
      yield* build((yield* version((yield* entity(app.workspaceId)).id)).id)
      assert.deepStrictEqual(yield* registry.builds(app.id, 100), builds)
      assert.deepStrictEqual(yield* registry.builds(app.id, 3), builds.slice(0, 3))
      assert.deepStrictEqual(yield* registry.builds(yield* id(ids.entity), 100), [])
    })
  )
}

/** What every `CatalogRegistry` has to do, in the order of the port's docstring. The catalog may hold other rows. */
export const suite = <E>(name: string, catalog: Layer.Layer<Catalog | CatalogRegistry, E>, pass: Passage) =>
  layer(catalog)(`CatalogRegistry: ${name}`, (it) => {
    addCases(it)
    versionCases(it)
    buildCases(it)
    listCases(it, pass)
  })
