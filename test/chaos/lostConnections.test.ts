import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Database from "../setup/database.ts"
import { makeLab } from "./support/Lab.ts"
import { startNode } from "./support/Node.ts"
import { say } from "./support/say.ts"

const names = ["a", "b"]
const maxConnections = 5
/** A node has two more of its own, to listen on and to renew its leases. */
const mostOfNode = maxConnections + 2

const ofNodes = `FROM pg_stat_activity WHERE datname = current_database() AND application_name IN ('a', 'b')`

const pace = { prepare: 100, stage: 100, activate: 100, verify: 50 }

describe.skipIf(!Database.available)("nodes whose connections are ended at random", () => {
  it.live(
    "fail no deploy, leak no connection, and listen again",
    () =>
      Effect.gen(function* () {
        const lab = yield* makeLab(yield* Database.fresh(), { apps: 24 })
        // A claim whose answer is lost waits for its lease.
        const settings = { lease: 3000, maxConnections }
        const nodes = yield* Effect.forEach(names, (name) => startNode(lab.config(name, settings)), {
          concurrency: "unbounded"
        })
        yield* Effect.forEach(Array.from({ length: 120 }), (_, n) => lab.create(n % 24, pace), { concurrency: 4 })
        let ended = 0
        const ending = lab
          .query<{ ok: boolean }>(`SELECT pg_terminate_backend(pid) AS ok ${ofNodes} ORDER BY random() LIMIT 2`)
          .pipe(
            Effect.tap(({ length }) => Effect.sync(() => (ended += length))),
            Effect.delay("100 millis"),
            Effect.repeat({ times: 59 })
          )
        const killer = yield* Effect.forkScoped(ending)
        yield* lab.quiet("2 minutes")
        yield* Fiber.interrupt(killer)
        const { deploys, events, snapshot } = yield* lab.verify
        lab.endedAs(snapshot, "completed")
        assert.isAbove(ended, 20)
        yield* lab.until(2, `SELECT 1 ${ofNodes} AND query LIKE 'LISTEN%'`)
        const counts = yield* lab.query<{ n: number }>(`SELECT count(*)::int AS n ${ofNodes} GROUP BY application_name`)
        for (const { n } of counts) assert.isAtMost(n, mostOfNode)
        yield* Effect.forEach(nodes, (node) => node.stop, { concurrency: "unbounded" })
        yield* lab
          .query<{ n: number }>(`SELECT 1 ${ofNodes}`)
          .pipe(
            Effect.delay("50 millis"),
            Effect.repeat({ until: ({ length }) => length === 0 }),
            Effect.timeout("5 seconds")
          )
        say(`${ended} connections ended: ${deploys} deploys, all completed, ${events} events checked`)
      }),
    180_000
  )
})
