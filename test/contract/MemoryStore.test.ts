import { MemoryStore } from "@deploys/core"
import { suite } from "./DeployStoreContract.ts"
import { testTime } from "./passage.ts"

suite("memory", MemoryStore.layer, testTime)
