import { describe } from "@effect/vitest"
import { available } from "../setup/database.ts"
import { onPostgres } from "../setup/sqlStore.ts"
import { suite } from "./sameLanes.ts"

describe.skipIf(!available)("on a server", () => {
  suite("PostgreSQL", onPostgres, { sequences: 20, races: 12 })
})
