import { type DeployId, type FeedEvent } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Database from "../setup/database.ts"
import type { Kept } from "./invariants/Snapshot.ts"
import { type Lab, makeLab, me } from "./support/Lab.ts"
import type { NodeConfig } from "./support/NodeConfig.ts"
import { startNode } from "./support/Node.ts"
import { say } from "./support/say.ts"

const start = (lab: Lab, settings: Partial<NodeConfig> = {}) =>
  Effect.forEach(["a", "b", "c"], (name) => startNode(lab.config(name, { lease: 5000, ...settings })), {
    concurrency: "unbounded"
  })

/** What a reader of another process gets of a deploy, and how many milliseconds after it was written while it read. */
const watched = Effect.fnUntraced(function* (lab: Lab, id: DeployId) {
  const since = Date.now()
  const seen: Array<{ readonly event: FeedEvent; readonly late: number }> = []
  yield* Stream.runForEach(lab.engine.events(me, id), (event) =>
    Effect.sync(() => seen.push({ event, late: Date.now() - Date.parse(event.at) }))
  )
  const numbers = seen.flatMap(({ event }) => ("sequence" in event ? [event.sequence] : []))
  assert.deepStrictEqual(
    numbers,
    numbers.map((_, index) => index + 1)
  )
  return {
    id,
    count: numbers.length,
    late: Math.max(0, ...seen.filter(({ event }) => Date.parse(event.at) > since).map(({ late }) => late))
  }
})

const workspaceOf = ({ deploy }: Kept) => deploy.workspaceId

/** The most deploys of a workspace that were at work at once, by replay of their events. */
const mostAtOnce = (deploys: ReadonlyArray<Kept>) => {
  const changes = deploys.flatMap(({ events }) => {
    const from = events.find(({ event }) => event.type === "deploy.running")?.event.at
    const to = events.at(-1)?.event.at
    return from === undefined || to === undefined
      ? []
      : [
          { at: from, by: 1 },
          { at: to, by: -1 }
        ]
  })
  let most = 0
  let now = 0
  for (const { by } of changes.toSorted((one, other) =>
    one.at === other.at ? one.by - other.by : one.at < other.at ? -1 : 1
  )) {
    now += by
    most = Math.max(most, now)
  }
  return most
}

describe.skipIf(!Database.available)("three nodes on one PostgreSQL", () => {
  it.live(
    "are reached by a cancel of another process, which reads their events without a gap",
    () =>
      Effect.gen(function* () {
        const lab = yield* makeLab(yield* Database.fresh(), { apps: 24 })
        yield* start(lab)
        const ids = yield* Effect.forEach(lab.apps, (_, nth) => lab.create(nth, nth < 12 ? { hold: 60_000 } : {}))
        const reading = Effect.forEach(ids, (id) => watched(lab, id), { concurrency: "unbounded" })
        const cancelling = Effect.gen(function* () {
          yield* lab.until(
            12,
            `SELECT 1 FROM deploys.deploy_steps s JOIN deploys.deploys d ON d.id = s.deploy_id
            WHERE s.status = 'running' AND d.metadata -> 'chaos' ? 'hold'`
          )
          return yield* Effect.forEach(ids.slice(0, 12), (id) =>
            Effect.map(lab.cancel(id), () => ({ id, answered: Date.now() }))
          )
        })
        const [read, cancelled] = yield* Effect.all([reading, cancelling], { concurrency: "unbounded" })
        const stops = lab.world.log.filter(({ what }) => what === "stopped")
        const waits = cancelled.map(({ answered, id }) => {
          const stop = stops.find(({ deployId }) => deployId === id)
          return stop === undefined ? assert.fail(`${id} was not stopped`) : Math.max(0, stop.at - answered)
        })
        assert.isBelow(Math.max(...waits), 10_000)
        assert.isBelow(Math.max(...read.map(({ late }) => late)), 10_000)
        yield* lab.quiet("30 seconds")
        const { events, snapshot } = yield* lab.verify
        for (const { count, id } of read)
          assert.strictEqual(count, snapshot.deploys.find(({ deploy }) => deploy.id === id)?.events.length)
        lab.endedAs(snapshot, "completed", "cancelled")
        say(
          `12 cancels reached steps on other nodes within ${Math.max(...waits)} ms; 24 feeds gap-free, at most ${Math.max(...read.map(({ late }) => late))} ms late; ${events} events checked`
        )
      }),
    60_000
  )

  it.live(
    "starve no lane, and keep the limit of a workspace together",
    () =>
      Effect.gen(function* () {
        const lab = yield* makeLab(yield* Database.fresh(), { apps: 40, workspaces: 2 })
        const busy = lab.apps.flatMap((_, nth) => (nth % 2 === 0 ? Array.from({ length: 6 }, () => nth) : []))
        const calm = lab.apps.flatMap((_, nth) => (nth % 2 === 1 ? [nth] : []))
        yield* Effect.forEach([...busy, ...calm], (nth) => lab.create(nth), { concurrency: 4 })
        yield* start(lab, { maxRunning: 8, maxRunningPerWorkspace: 6 })
        yield* lab.quiet("60 seconds")
        const { deploys, events, snapshot } = yield* lab.verify
        lab.endedAs(snapshot, "completed")
        const most = [...Map.groupBy(snapshot.deploys, workspaceOf).values()].map(mostAtOnce)
        assert.deepStrictEqual(most, [6, 6])
        const inTime = snapshot.deploys.toSorted((one, other) =>
          (one.deploy.completedAt ?? "") < (other.deploy.completedAt ?? "") ? -1 : 1
        )
        const last = inTime.findLastIndex((kept) => workspaceOf(kept) === "ws_1")
        // Two workspaces that take turns: the calm one is through when the busy one has had about as many.
        assert.isBelow(last, 100)
        say(
          `two workspaces with at most 6 at work over 3 nodes: ${deploys} deploys, the calm one's 20 were through after ${last + 1} of ${inTime.length}; ${events} events checked`
        )
      }),
    90_000
  )
})
