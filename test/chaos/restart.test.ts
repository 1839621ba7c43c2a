import type { DeployId } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import * as Database from "../setup/database.ts"
import { startCluster } from "../setup/cluster.ts"
import { type Lab, makeLab } from "./support/Lab.ts"
import { startNode } from "./support/Node.ts"
import { say } from "./support/say.ts"

const cluster = Effect.acquireRelease(
  Effect.promise(() => startCluster({ durable: true })),
  ({ stop }) => Effect.promise(stop)
)

const pace = { prepare: 150, stage: 150, activate: 150, verify: 50 }

const again = Schedule.spaced("100 millis")

/** Creates under a key until it is answered, and cancels some of them. */
const ask = Effect.fnUntraced(function* (lab: Lab, n: number, answered: Array<DeployId>) {
  const id = yield* Effect.retry(lab.create(n % lab.apps.length, pace, `key-${n}`), again)
  answered.push(id)
  if (n % 7 === 0)
    yield* Effect.retry(lab.cancel(id), { schedule: again, while: ({ _tag }) => _tag === "StoreError" }).pipe(
      Effect.ignore
    )
})

describe.skipIf(!Database.available)("a PostgreSQL that crashes", () => {
  it.live(
    "loses nothing that was answered, and its nodes go on by themselves",
    () =>
      Effect.gen(function* () {
        const { crash, url } = yield* cluster
        const lab = yield* makeLab(url, { apps: 24 })
        const names = ["a", "b"]
        const nodes = yield* Effect.forEach(names, (name) => startNode(lab.config(name, { lease: 3000 })), {
          concurrency: "unbounded"
        })
        const answered: Array<DeployId> = []
        const asking = yield* Effect.forkScoped(
          Effect.forEach(Array.from({ length: 120 }), (_, n) => Effect.delay(ask(lab, n, answered), "50 millis"), {
            concurrency: 4
          })
        )
        yield* Effect.sleep("700 millis")
        for (const down of [2500, 2000]) {
          yield* Effect.promise(() => crash(down))
          yield* Effect.sleep("700 millis")
        }
        yield* Fiber.join(asking)
        yield* lab.quiet("2 minutes")
        const { deploys, events, snapshot, strays } = yield* lab.verify
        assert.deepStrictEqual(
          nodes.filter(({ isGone }) => isGone),
          []
        )
        assert.strictEqual(deploys, 120)
        const anew = snapshot.deploys.filter(({ steps }) =>
          steps.some(({ attempt, starts }) => starts > attempt)
        ).length
        assert.isAbove(anew, 0, "no crash has found a step at work")
        lab.endedAs(snapshot, "cancelled", "completed")
        say(
          `PostgreSQL crashed twice: ${deploys} deploys answered and there, ${anew} with a step started anew, ${events} events checked, ${strays} strays`
        )
      }),
    180_000
  )
})
