import { onPglite } from "../setup/sqlStore.ts"
import { suite } from "./sameLanes.ts"

suite("PGlite", onPglite, { sequences: 10, races: 5 })
