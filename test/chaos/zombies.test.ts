import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Database from "../setup/database.ts"
import type { Manner } from "./support/ChaosTarget.ts"
import { type Lab, makeLab } from "./support/Lab.ts"
import { type Node, spareNode, startNode } from "./support/Node.ts"
import { say } from "./support/say.ts"

const count = 24

const isOther = (node: Node) => `node <> '${node.name}' AND node <> 'lab'`

/** All deploys are at their end, so many at least by the other node. */
const goneOn = Effect.fnUntraced(function* (lab: Lab, zombie: Node, least: number) {
  yield* lab.until(count, "SELECT 1 FROM deploys.deploys WHERE status = 'completed'")
  const [others] = yield* lab.query<{ n: number }>(
    `SELECT count(DISTINCT deploy_id)::int AS n FROM chaos.writes WHERE ${isOther(zombie)}`
  )
  assert.isAtLeast(others?.n ?? 0, least)
})

/** What the zombie wrote from a moment on; nothing, and of what it had begun no result is kept. */
const checkSilence = Effect.fnUntraced(function* (lab: Lab, zombie: Node, since: string) {
  const writes = yield* lab.query(`SELECT * FROM chaos.writes WHERE node = '${zombie.name}' AND at > '${since}'`)
  assert.deepStrictEqual(writes, [])
  const first = "SELECT 1 FROM deploys.deploy_steps WHERE index = 0 AND starts < 2"
  assert.deepStrictEqual(yield* lab.query(first), [], "no result of a first start is kept")
  return yield* lab.verify
})

const now = (lab: Lab) =>
  Effect.map(lab.query<{ at: string }>("SELECT clock_timestamp()::text AS at"), ([row]) => row?.at ?? "")

/** Deploys that the first node runs, each in its first step, and another node that is to begin. */
const underway = Effect.fnUntraced(function* (mannerOf: (nth: number) => Manner) {
  const lab = yield* makeLab(yield* Database.fresh(), { apps: count })
  yield* lab.audited
  const other = yield* spareNode(lab.config("other", { lease, maxRunning: count }))
  const zombie = yield* startNode(lab.config("zombie", { lease, maxRunning: count }))
  yield* Effect.forEach(lab.apps, (_, nth) => lab.create(nth, mannerOf(nth)), { concurrency: 4 })
  yield* lab.until(count, "SELECT 1 FROM deploys.deploy_steps WHERE status = 'running'")
  return { lab, other, zombie }
})

const lease = 2000
/** The other node is up before it blocks. */
const blocking = { hold: 3000, block: 2 * lease }

/** Whether the step that left no turn has come to its end after all. */
const hasLanded = (lab: Lab, zombie: Node) =>
  lab.world.log.some(({ node, what }) => node === zombie.name && (what === "landed" || what === "stopped"))

describe.skipIf(!Database.available)("a node that was away for longer than its lease", () => {
  it.live(
    "writes nothing about its deploys when its process goes on",
    () =>
      Effect.gen(function* () {
        const { lab, other, zombie } = yield* underway(() => ({ hold: 60_000, on: "zombie" }))
        yield* zombie.signal("SIGSTOP")
        yield* other.begin
        yield* goneOn(lab, zombie, count)
        const woken = yield* now(lab)
        yield* zombie.signal("SIGCONT")
        // Long enough for what it had under way, its next renewals, and its next look for work.
        yield* Effect.sleep("1500 millis")
        assert.isFalse(zombie.isGone)
        const stops = lab.world.log.filter(({ node, what }) => node === zombie.name && what === "stopped")
        const stopped = new Set(stops.map(({ deployId }) => deployId))
        assert.isAbove(stopped.size, 0, "its steps are stopped")
        const { deploys, events } = yield* checkSilence(lab, zombie, woken)
        say(`SIGSTOP beyond the lease: 0 rows by the zombie, ${deploys} deploys, ${events} events checked`)
      }),
    120_000
  )

  it.live(
    "drops the result of a step that left its event loop no turn",
    () =>
      Effect.gen(function* () {
        const { lab, other, zombie } = yield* underway((nth) => (nth === 0 ? blocking : { hold: 60_000 }))
        yield* other.begin
        // Awake, it may take some up anew.
        yield* goneOn(lab, zombie, 1)
        const over = yield* now(lab)
        yield* Effect.repeat(Effect.sleep("50 millis"), { until: () => hasLanded(lab, zombie) })
        yield* Effect.sleep("500 millis")
        const { deploys, events } = yield* checkSilence(lab, zombie, over)
        say(`event loop blocked for two leases: ${deploys} deploys, ${events} events checked`)
      }),
    120_000
  )
})
