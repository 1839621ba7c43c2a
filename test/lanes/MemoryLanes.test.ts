import { MemoryCatalog, MemoryStore } from "@deploys/core"
import { Layer } from "effect"
import { suite } from "./sameLanes.ts"

suite("memory", Layer.provide(MemoryStore.layer, MemoryCatalog.layer), { sequences: 400, races: 50 })
