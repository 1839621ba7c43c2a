import { describe } from "@effect/vitest"
import { available } from "../setup/database.ts"
import { onPostgres } from "../setup/sqlStore.ts"
import { suite } from "./sameLists.ts"

describe.skipIf(!available)("on a server", () => {
  suite("PostgreSQL", onPostgres, 80)
})
