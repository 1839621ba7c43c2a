import { describe } from "@effect/vitest"
import { available } from "../setup/database.ts"
import { onPostgres } from "../setup/sqlStore.ts"
import { issued } from "../setup/sqlTokens.ts"
import * as AccessPolicyContract from "./AccessPolicyContract.ts"
import * as CatalogContract from "./CatalogContract.ts"
import * as CatalogRegistryContract from "./CatalogRegistryContract.ts"
import { realTime } from "./passage.ts"

describe.skipIf(!available)("on a server", () => {
  CatalogContract.suite("PostgreSQL", onPostgres, realTime)
  CatalogRegistryContract.suite("PostgreSQL", onPostgres, realTime)
  AccessPolicyContract.suite("PostgreSQL", onPostgres, issued)
})
