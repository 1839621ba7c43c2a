import { IdGenerator, MemoryStore } from "@deploys/core"
import { Layer } from "effect"
import { suite } from "./DeployStoreContract.ts"
import { testTime } from "./passage.ts"

suite("memory", Layer.provide(MemoryStore.layer, IdGenerator.layer), testTime)
