// A plain node as a process of its own: it is told what it is when it is started, and begins when it is told to.
import { DeployEngine, runnerOptions } from "@deploys/core"
import { Postgres, SqlCatalog, SqlStore } from "@deploys/sql-store"
import { Effect, Fiber, Layer, Logger, Redacted, Schema } from "effect"
import { createInterface } from "node:readline"
import * as ChaosTarget from "./ChaosTarget.ts"
import { NodeConfig } from "./NodeConfig.ts"
import { World } from "./World.ts"

const config = Schema.decodeUnknownSync(Schema.fromJsonString(NodeConfig))(process.env["NODE_CONFIG"])

const { lease, maxConnections, maxRunning, maxRunningPerWorkspace = Infinity, name, pollEvery, url, world } = config

const node = DeployEngine.layerWithRunner.pipe(
  Layer.provide(
    runnerOptions({
      maxRunning,
      maxRunningPerWorkspace,
      lease: `${lease} millis`,
      renewEvery: `${lease / 3} millis`,
      pollEvery: `${pollEvery} millis`
    })
  ),
  Layer.provide(ChaosTarget.layer(new World(world), name)),
  Layer.provide([SqlStore.layerPostgres, SqlCatalog.layer]),
  Layer.provide(Postgres.layer({ url: Redacted.make(url), applicationName: name, maxConnections })),
  Layer.provide(Logger.layer([Logger.consoleLogFmt]))
)

const say = (word: string) => process.stdout.write(`${word}\n`)

const main = Effect.scoped(
  Effect.gen(function* () {
    yield* Layer.build(node)
    say("up")
    yield* Effect.never
  })
)

say("loaded")
let running: Fiber.Fiber<unknown, unknown> | undefined
// Whoever started it is gone when its input ends.
createInterface({ input: process.stdin })
  .on("line", () => {
    running = Effect.runFork(Effect.tapCause(main, Effect.logFatal))
  })
  .on("close", () => {
    const end = running === undefined ? Effect.void : Fiber.interrupt(running)
    void Effect.runPromise(end).then(() => process.exit())
  })
