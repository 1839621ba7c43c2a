// Deploys a made-up site to the fake at this address, and prints how far its memory rose above what it was before, in MiB.
// Before that it deploys a smaller one: a service that has done something has the young generation of its heap in full.
import { ArtifactPath, ArtifactStore } from "@deploys/core"
import { PagesApi, PagesConfig, PagesTarget } from "@deploys/pages-target"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Effect, Layer, Redacted, Stream } from "effect"
import { peakMemory } from "../../../../test/setup/peakMemory.ts"
import { runPlan } from "./plans.ts"

const [baseUrl = "", accountId = "", apiToken = "", count = "", size = ""] = process.argv.slice(2)
const piece = 64 * 1024

/** Bytes that are made as they are read, other ones for each file. */
const contentOf = (index: number, size: number) =>
  Stream.unfold(0, (at) =>
    Effect.sync(() => {
      const left = size - at
      if (left <= 0) return undefined
      const bytes = Buffer.alloc(Math.min(piece, left), index & 255)
      if (bytes.length >= 8) bytes.writeUInt32LE(index, 0)
      return [bytes, at + bytes.length] as const
    })
  )

const artifacts = Layer.succeed(ArtifactStore, {
  files: (artifact) =>
    Effect.sync(() => {
      const [files, bytes] = artifact === "site" ? [Number(count), Number(size)] : [2000, 2000]
      return Array.from({ length: files }, (_, index) => ({
        path: ArtifactPath.make(`${artifact}-${index % 100}/file-${index}.bin`),
        size: bytes,
        content: contentOf(index, bytes)
      }))
    })
})

const target = PagesTarget.layer.pipe(
  Layer.provide(PagesApi.layer),
  Layer.provide(PagesConfig.layer({ accountId, baseUrl, apiToken: Redacted.make(apiToken) })),
  Layer.provide([artifacts, NodeHttpClient.layerUndici])
)

const deploy = (artifact: string) => runPlan({ app: "demo", artifact, message: null, hash: null })

const measured = Effect.gen(function* () {
  yield* deploy("before")
  const idle = process.memoryUsage().rss
  yield* deploy("site")
  return Math.round(peakMemory() - idle / 1024 / 1024)
})

process.stdout.write(String(await Effect.runPromise(Effect.provide(measured, target))))
