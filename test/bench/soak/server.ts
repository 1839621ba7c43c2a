// The ready server with the settings of its environment. When asked, it says what it still holds after a collection.
import { Server, settings } from "@deploys/server"
import { Effect, Layer } from "effect"
import { getHeapSpaceStatistics } from "node:v8"
import type { Held } from "./messages.ts"

process.on("message", () => {
  global.gc?.()
  global.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  const code = getHeapSpaceStatistics()
    .filter(({ space_name: name }) => /^(code|trusted)_/.test(name))
    .reduce((sum, { space_used_size: size }) => sum + size, 0)
  process.send?.({ heapUsed, code, rss } satisfies Held)
})
process.on("disconnect", () => process.exit(1))

Effect.runFork(Layer.launch(Layer.unwrap(Effect.map(settings, Server.layer))))
