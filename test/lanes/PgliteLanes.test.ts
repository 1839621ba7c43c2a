import { onPglite } from "../setup/sqlStore.ts"
import { suite } from "./sameLanes.ts"

suite("PGlite", onPglite, { sequences: 8, races: 3 })
