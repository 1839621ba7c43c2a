import { MemoryCatalog } from "@deploys/core"
import * as CatalogContract from "./CatalogContract.ts"
import * as CatalogRegistryContract from "./CatalogRegistryContract.ts"
import { testTime } from "./passage.ts"

CatalogContract.suite("memory", MemoryCatalog.layer, testTime)
CatalogRegistryContract.suite("memory", MemoryCatalog.layer, testTime)
