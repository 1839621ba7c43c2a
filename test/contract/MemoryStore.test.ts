import { IdGenerator, MemoryCatalog, MemoryStore } from "@deploys/core"
import { Layer } from "effect"
import { suite } from "./DeployStoreContract.ts"
import { testTime } from "./passage.ts"

suite(
  "memory",
  MemoryStore.layer.pipe(Layer.provideMerge(MemoryCatalog.layer), Layer.provide(IdGenerator.layer)),
  testTime
)
