import { onPglite } from "../setup/sqlStore.ts"
import { suite } from "./sameLists.ts"

suite("PGlite", onPglite, 40)
