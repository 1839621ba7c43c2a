import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Database from "../setup/database.ts"
import { makeLab } from "./support/Lab.ts"
import { spareNode, startNode } from "./support/Node.ts"
import { say } from "./support/say.ts"

/** Long enough that a kill finds it at work. */
const slow = { hold: 30_000 }

describe.skipIf(!Database.available)("nodes with the real lease", () => {
  it.live(
    "take up within 20 seconds what three killed ones ran",
    () =>
      Effect.gen(function* () {
        const lab = yield* makeLab(yield* Database.fresh(), { apps: 12 })
        const real = { lease: 15_000, pollEvery: 1000, maxRunning: 4 }
        const start = (name: string) => startNode(lab.config(name, real))
        const survivor = yield* spareNode(lab.config("d", { ...real, maxRunning: 16 }))
        const doomed = yield* Effect.all([start("a"), start("b"), start("c")], { concurrency: "unbounded" })
        yield* Effect.forEach(lab.apps, (_, nth) => lab.create(nth, slow), { concurrency: 4 })
        yield* lab.until(12, "SELECT 1 FROM deploys.deploy_steps WHERE status = 'running'")
        yield* survivor.begin
        const killedAt = Date.now()
        yield* Effect.forEach(doomed, (node) => node.kill, { concurrency: "unbounded" })
        yield* lab.quiet("40 seconds")
        const taken = lab.world.log.filter(
          ({ node, step, what }) => node === survivor.name && step === "prepare" && what === "began"
        )
        const waits = taken.map(({ at }) => at - killedAt)
        assert.lengthOf(taken, 12)
        assert.isBelow(Math.max(...waits), 20_000)
        const { deploys, events } = yield* lab.verify
        say(
          `3 kills with a lease of 15 s: ${deploys} deploys taken up after ${Math.min(...waits)}–${Math.max(...waits)} ms, ${events} events checked`
        )
      }),
    90_000
  )
})
