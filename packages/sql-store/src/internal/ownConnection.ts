import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { Reactivity } from "effect/reactivity"

/**
 * A client of one connection beside the pool of the client that is there, to the same database. It connects when it is first
 * used, and anew when it has lost its connection.
 */
export const ownConnection = Effect.flatMap(PgClient.PgClient, ({ config }) =>
  PgClient.make({ ...config, minConnections: 0, maxConnections: 1 })
).pipe(Effect.provide(Reactivity.layer), Effect.orDie)
