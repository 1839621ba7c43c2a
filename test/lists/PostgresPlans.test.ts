import { describe } from "@effect/vitest"
import * as Database from "../setup/database.ts"
import { postgres } from "../setup/sqlStore.ts"
import { suite } from "./plans.ts"

describe.skipIf(!Database.available)("on a server", () => {
  suite("PostgreSQL 18", postgres)
})
