import { Context, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ownConnection } from "./ownConnection.ts"

/** The client by which leases are renewed: whatever else keeps the database busy is not to keep a renewal waiting. */
export class LeaseClient extends Context.Service<LeaseClient, SqlClient.SqlClient>()("@deploys/sql-store/LeaseClient") {
  /** The client of everything else. */
  static readonly layer = Layer.effect(LeaseClient, SqlClient.SqlClient)

  /** A connection of its own. */
  static readonly layerPostgres = Layer.effect(LeaseClient, ownConnection)
}
