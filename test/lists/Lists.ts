import { type Deploy, DeployStore, makeQueryPlan, type Page, type Scope, selectPage } from "@deploys/core"
import type { Vitest } from "@effect/vitest"
import { Context, Effect, Layer, Ref } from "effect"
import { SqlClient } from "effect/sql"
import type { World } from "../../packages/core/test/list/naive.ts"
import { optionsOf, relativesIn } from "../../packages/core/test/list/worlds.ts"
import { dropConstraints, store } from "./world.ts"

/** Deploys, and what they lead to. */
export interface Rows extends Partial<Omit<World, "deploys">> {
  readonly deploys: ReadonlyArray<Deploy>
}

const worldOf = ({ deploys, ...others }: Rows): World => ({
  steps: [],
  workspaces: [],
  entities: [],
  builds: [],
  versions: [],
  sourceEvents: [],
  ...others,
  deploys: deploys.map((deploy) => ({ ...deploy }))
})

/** Lists over rows that a test makes, whatever an engine would have written. */
export class Lists extends Context.Service<
  Lists,
  {
    /** Puts these rows in place of those that are there. */
    readonly fill: (rows: Rows) => Effect.Effect<void>
    /** The page that is asked for; what is wrong with the options fails the test. */
    readonly list: (options: unknown, scope?: Scope) => Effect.Effect<Page>
  }
>()("test/Lists") {
  /** In memory, by what every store's list has to answer with. */
  static readonly layerMemory = Layer.effect(
    Lists,
    Effect.gen(function* () {
      const cell = yield* Ref.make<Rows>({ deploys: [] })
      return Lists.of({
        fill: (rows) => Ref.set(cell, rows),
        list: Effect.fnUntraced(function* (options, scope = "all") {
          const rows = yield* Ref.get(cell)
          const plan = yield* Effect.fromResult(makeQueryPlan(optionsOf(options), scope))
          return selectPage(plan, rows.deploys, relativesIn(worldOf(rows)))
        }, Effect.orDie)
      })
    })
  )

  /** By a store on a database. */
  static readonly layerSql = Layer.effect(
    Lists,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const deploys = yield* DeployStore
      yield* dropConstraints
      return Lists.of({
        fill: (rows) => Effect.orDie(Effect.provideService(store(worldOf(rows)), SqlClient.SqlClient, sql)),
        list: Effect.fnUntraced(function* (options, scope = "all") {
          const plan = yield* Effect.fromResult(makeQueryPlan(optionsOf(options), scope))
          return yield* deploys.list(plan)
        }, Effect.orDie)
      })
    })
  )
}

/** Cases that hold on every store. */
export type Cases = (it: Vitest.MethodsNonLive<Lists>) => void
