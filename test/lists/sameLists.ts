import {
  Cursor,
  DeployFields,
  DeployStore,
  makeQueryPlan,
  Order,
  type Scope,
  selectPage,
  WorkspaceId
} from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Cause, Effect, type Layer } from "effect"
import type { SqlClient } from "effect/sql"
import { Chance, makeFilter } from "../../packages/core/test/list/generate.ts"
import type { World } from "../../packages/core/test/list/naive.ts"
import { optionsOf, relativesIn } from "../../packages/core/test/list/worlds.ts"
import { dropConstraints, storableWorld, store } from "./world.ts"

const scopes = [[], ["ws_a"], ["ws_b", "ws_c"], ["ws_a", "ws_b", "ws_c"]]

const scopeOf = (chance: Chance): Scope =>
  chance.hit(0.4) ? "all" : chance.pick(scopes).map((id) => WorkspaceId.make(id))

const sortable = Object.values(DeployFields.deploy.fields).filter(({ kind }) => kind !== "json")

/** One to three keys. */
const orderByOf = (chance: Chance) => {
  const fields = new Set([chance.pick(sortable), ...chance.some(2, () => chance.pick(sortable))])
  return [...fields].map(({ name }) => ({ [name]: chance.pick(Object.keys(Order.directions)) }))
}

/** What a request may ask of a world: any page, from either side of any row, there or not. */
const requestOf = (chance: Chance, world: World) => {
  const scope = scopeOf(chance)
  const order = chance.hit(0.2) ? {} : { orderBy: orderByOf(chance) }
  const shorthand = chance.hit(0.2) ? { workspaceId: chance.pick(["ws_a", "ws_b"]) } : {}
  const options = {
    ...order,
    ...shorthand,
    filter: makeFilter(chance),
    limit: 1 + chance.below(5),
    total: chance.hit(0.7)
  }
  const first = makeQueryPlan(optionsOf(options), scope)
  const row = chance.pick(world.deploys)
  if (first._tag === "Failure" || chance.hit(0.3)) return { scope, options }
  return { scope, options: { ...options, [chance.pick(["after", "before"])]: Cursor.encode(first.success.order, row) } }
}

/** Generated lists have to be the same as in memory: rows, order, flags, cursors and total. */
export const suite = <E>(name: string, on: Layer.Layer<DeployStore | SqlClient.SqlClient, E>, worlds: number) =>
  layer(on)(`lists on ${name}`, (it) => {
    it.effect(
      "are the same as in memory, whatever is asked for",
      () =>
        Effect.gen(function* () {
          const deploys = yield* DeployStore
          const firstSeed = Number(process.env["SEED"] ?? 1)
          let notEmpty = 0
          yield* dropConstraints
          for (let seed = firstSeed; seed < firstSeed + worlds; seed++) {
            const chance = new Chance(seed)
            const world = storableWorld(chance)
            yield* store(world)
            for (let asked = 0; asked < 8; asked++) {
              const { options, scope } = requestOf(chance, world)
              const plan = yield* Effect.fromResult(makeQueryPlan(optionsOf(options), scope))
              const expected = selectPage(plan, world.deploys, relativesIn(world))
              const says = `SEED=${seed} ${String(scope)} ${JSON.stringify(options)}`
              const page = yield* deploys
                .list(plan)
                .pipe(Effect.tapCause((cause) => Effect.sync(() => assert.fail(`${says} ${Cause.pretty(cause)}`))))
              assert.deepStrictEqual<unknown>(page, expected, says)
              assert.deepStrictEqual(JSON.parse(yield* deploys.listJson(plan)), expected, says)
              if (page.data.length > 0) notEmpty++
            }
          }
          assert.isAbove(notEmpty, worlds)
        }),
      120_000
    )
  })
