import { onPglite } from "../setup/sqlStore.ts"
import { issued } from "../setup/sqlTokens.ts"
import * as AccessPolicyContract from "./AccessPolicyContract.ts"
import * as CatalogContract from "./CatalogContract.ts"
import * as CatalogRegistryContract from "./CatalogRegistryContract.ts"
import { realTime } from "./passage.ts"

CatalogContract.suite("PGlite", onPglite, realTime)
CatalogRegistryContract.suite("PGlite", onPglite, realTime)
AccessPolicyContract.suite("PGlite", onPglite, issued)
