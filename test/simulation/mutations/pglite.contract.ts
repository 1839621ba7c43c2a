import { Pglite, SqlStore } from "@deploys/sql-store"
import { Layer } from "effect"
import { suite } from "../../contract/DeployStoreContract.ts"
import { realTime } from "../../contract/passage.ts"

suite("PGlite", Layer.provide(SqlStore.layer, Pglite.layerMemory), realTime)
