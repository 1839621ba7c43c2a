import { onPglite } from "../setup/sqlStore.ts"
import { suite } from "./DeployStoreContract.ts"
import { realTime } from "./passage.ts"

suite("PGlite", onPglite, realTime)
