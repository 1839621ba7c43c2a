import { MemoryArtifacts } from "@deploys/core"
import { MemoryTarget } from "@deploys/core/testing"
import { Effect, Layer, Option } from "effect"
import { artifacts, suite } from "./DeployTargetContract.ts"

const target = Layer.provide(MemoryTarget.layer, MemoryArtifacts.layerOf(artifacts))

suite("memory", target, (url, path) =>
  Effect.map(
    MemoryTarget.Sites.use((sites) => sites.at(url)),
    (site) => Option.getOrUndefined(site)?.[path]
  )
)
