import { MemoryCatalog, MemoryStore } from "@deploys/core"
import { Layer } from "effect"
import { suite } from "./DeployStoreContract.ts"
import { testTime } from "./passage.ts"

suite("memory", Layer.provide(MemoryStore.layer, MemoryCatalog.layer), testTime)
