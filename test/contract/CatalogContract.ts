import type { CatalogRegistry } from "@deploys/core"
import { Catalog } from "@deploys/core"
import type { Vitest } from "@effect/vitest"
import { assert, layer } from "@effect/vitest"
import { Effect, type Layer, Option } from "effect"
import { build, entity, id, ids, sourceEvent, version, workspace } from "./catalog/fixture.ts"
import type { Passage } from "./passage.ts"

type It = Vitest.MethodsNonLive<Catalog | CatalogRegistry>

const findCases = (it: It) => {
  it.effect("finds a workspace, an entity, a source event and a build with what it is of", () =>
    Effect.gen(function* () {
      const catalog = yield* Catalog
      const tenant = yield* workspace
      const app = yield* entity(tenant.id)
      const main = yield* version(app.id)
      const row = yield* build(main.id)
      assert.deepStrictEqual(yield* catalog.workspace(tenant.id), Option.some(tenant))
      assert.deepStrictEqual(yield* catalog.entity(app.id), Option.some(app))
      const event = yield* sourceEvent(tenant.id, { ref: "main", commits: [{ id: 1 }] })
      assert.deepStrictEqual(yield* catalog.sourceEvent(event.id), Option.some(event))
      assert.deepStrictEqual(yield* catalog.build(row.id), Option.some({ build: row, version: main, entity: app }))
    })
  )

  it.effect("finds none of what is not there", () =>
    Effect.gen(function* () {
      const catalog = yield* Catalog
      const found = [
        yield* catalog.workspace(yield* id(ids.workspace)),
        yield* catalog.entity(yield* id(ids.entity)),
        yield* catalog.build(yield* id(ids.build)),
        yield* catalog.sourceEvent(yield* id(ids.sourceEvent))
      ]
      for (const row of found) assert.strictEqual(row._tag, "None")
    })
  )
}

const latestCases = (it: It, pass: Passage) => {
  const latest = Effect.fnUntraced(function* (app: { readonly id: Parameters<Catalog["Service"]["latestBuild"]>[0] }) {
    const catalog = yield* Catalog
    return Option.getOrUndefined(yield* catalog.latestBuild(app.id))
  })

  it.effect("takes the completed build that was created last", () =>
    Effect.gen(function* () {
      const app = yield* entity((yield* workspace).id)
      const main = yield* version(app.id)
      yield* build(main.id)
      yield* pass(5)
      const last = yield* build(main.id)
      yield* pass(5)
      for (const status of ["queued", "running", "failed"] as const) yield* build(main.id, { status })
      assert.deepStrictEqual(yield* latest(app), { build: last, version: main, entity: app })
    })
  )

  it.effect("takes no build of another version or another entity", () =>
    Effect.gen(function* () {
      const app = yield* entity((yield* workspace).id)
      const main = yield* version(app.id, "main")
      const next = yield* version(app.id, "next")
      const last = yield* build(main.id)
      yield* pass(5)
      yield* build(next.id)
      yield* build((yield* version((yield* entity(app.workspaceId)).id)).id)
      assert.deepStrictEqual((yield* latest(app))?.build, last)
    })
  )

  it.effect("takes the greatest id of builds that were created at one time", () =>
    Effect.gen(function* () {
      const app = yield* entity((yield* workspace).id)
      const main = yield* version(app.id)
      const builds = []
      for (let count = 0; count < 5; count++) builds.push(yield* build(main.id))
      const [expected] = builds.toSorted((a, b) => {
        const [left, right] = [`${a.createdAt} ${a.id}`, `${b.createdAt} ${b.id}`]
        return left < right ? 1 : -1
      })
      assert.deepStrictEqual((yield* latest(app))?.build, expected)
    })
  )

  it.effect("takes none where there is no completed build, or no entity", () =>
    Effect.gen(function* () {
      const app = yield* entity((yield* workspace).id)
      assert.isUndefined(yield* latest(app))
      const main = yield* version(app.id, "main")
      const next = yield* version(app.id, "next")
      yield* build(main.id, { status: "failed" })
      yield* build(next.id)
      assert.isUndefined(yield* latest(app))
      assert.isUndefined(yield* latest({ id: yield* id(ids.entity) }))
    })
  )
}

/** What every `Catalog` has to do, in the order of the port's docstring. Its rows come by the `CatalogRegistry`. */
export const suite = <E>(name: string, catalog: Layer.Layer<Catalog | CatalogRegistry, E>, pass: Passage) =>
  layer(catalog)(`Catalog: ${name}`, (it) => {
    findCases(it)
    latestCases(it, pass)
  })
