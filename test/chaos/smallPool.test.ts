import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Database from "../setup/database.ts"
import { makeLab } from "./support/Lab.ts"
import { startNode } from "./support/Node.ts"
import { say } from "./support/say.ts"

const count = 200

describe.skipIf(!Database.available)("a node with two connections", () => {
  it.live(
    "runs two hundred deploys at once and loses no lease",
    () =>
      Effect.gen(function* () {
        const lab = yield* makeLab(yield* Database.fresh(), { apps: count })
        const settings = { lease: 6000, maxConnections: 2, maxRunning: count }
        yield* startNode(lab.config("small", settings))
        const startedAt = Date.now()
        // Longer than a lease, so that each is renewed at least once.
        yield* Effect.forEach(lab.apps, (_, nth) => lab.create(nth, { hold: 7000 }), { concurrency: 8 })
        yield* lab.quiet("2 minutes")
        const took = Date.now() - startedAt
        const { deploys, events, snapshot } = yield* lab.verify
        lab.endedAs(snapshot, "completed")
        assert.deepStrictEqual(
          snapshot.deploys.filter(({ deploy }) => deploy.epoch > 1),
          []
        )
        say(`${deploys} deploys at once over 2 connections: ${took} ms, no lease lost, ${events} events checked`)
      }),
    180_000
  )
})
