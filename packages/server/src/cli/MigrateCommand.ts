import { DatabaseSchema, Migrations } from "@deploys/sql-store"
import { NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { Command, Flag } from "effect/cli"
import { DataFolder } from "../DataFolder.ts"
import { settings } from "../Settings.ts"
import * as Storage from "../Storage.ts"

const options = {
  sql: Flag.Boolean("sql").pipe(
    Flag.withDescription("Print the statements, for those who run them by themselves"),
    Flag.withDefault(false)
  )
}

/** Building the database's layer migrates it. */
const migrate = Effect.gen(function* () {
  const chosen = yield* settings
  const data = DataFolder.layer(chosen.dataDir).pipe(Layer.provideMerge(NodeServices.layer))
  yield* Effect.scoped(Layer.build(Storage.database(chosen).pipe(Layer.provide(data))))
  yield* Console.log("The database is up to date")
})

const script = Effect.flatMap(DatabaseSchema, (schema) => Console.log(Migrations.script(schema).trimEnd()))

/** `deploys migrate`: brings the database up to date, as `deploys serve` does at its start. */
export const migrateCommand = Command.make("migrate", options, ({ sql }) => (sql ? script : migrate)).pipe(
  Command.withDescription("Bring the database at DATABASE_URL up to date, or the one in DATA_DIR.")
)
