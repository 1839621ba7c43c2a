import { describe } from "@effect/vitest"
import { available } from "../setup/database.ts"
import { onPostgres } from "../setup/sqlStore.ts"
import { suite } from "./DeployStoreContract.ts"
import { realTime } from "./passage.ts"

describe.skipIf(!available)("on a server", () => {
  suite("PostgreSQL", onPostgres, realTime)
})
