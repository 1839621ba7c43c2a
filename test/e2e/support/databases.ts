import { Effect } from "effect"
import * as Database from "../../setup/database.ts"

/** What a server of the tests can stand on: its name, and the settings for a fresh one that goes with the scope. */
export const databases = [
  { name: "PGlite", available: true, fresh: Effect.succeed<Record<string, string>>({}) },
  {
    name: "PostgreSQL",
    available: Database.available,
    fresh: Effect.map(Database.fresh(), (url): Record<string, string> => ({ DATABASE_URL: url }))
  }
]
