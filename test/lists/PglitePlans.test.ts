import { Pglite } from "@deploys/sql-store"
import { suite } from "./plans.ts"

suite("PGlite 0.5 (PostgreSQL 18)", Pglite.layerMemory)
