import { DeployEngine, runnerOptions } from "@deploys/core"
import { HttpApp, FetchHandler } from "@deploys/http"
import { Postgres, SqlAccess, SqlCatalog, SqlStore } from "@deploys/sql-store"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, Redacted, Schedule } from "effect"
import * as Database from "../setup/database.ts"
import { Dice } from "../simulation/machine/Dice.ts"
import * as ChaosTarget from "./support/ChaosTarget.ts"
import { type Lab, makeLab } from "./support/Lab.ts"
import { spareNode } from "./support/Node.ts"
import { makeProxy } from "./support/Proxy.ts"
import { say } from "./support/say.ts"

const seed = process.env["SEED"] ?? String(Date.now())

/** A node of the lab in this process, which reaches the database at this address. */
const nodeAt = (lab: Lab, url: string, lease: number) =>
  DeployEngine.layerWithRunner.pipe(
    Layer.provide(
      runnerOptions({ lease: `${lease} millis`, renewEvery: `${lease / 3} millis`, pollEvery: "250 millis" })
    ),
    Layer.provide(ChaosTarget.layer(lab.world, "node")),
    Layer.provideMerge(Layer.mergeAll(SqlStore.layerPostgres, SqlCatalog.layer, SqlAccess.layer)),
    Layer.provide(Postgres.layer({ url: Redacted.make(url), applicationName: "node", maxConnections: 5 })),
    Layer.provide(Logger.layer([])),
    Layer.fresh
  )

/** The name of a write of the store, and the statement that is lost with it. */
type Losing = readonly [name: string, statement: RegExp]

const writes: readonly [Losing, ...ReadonlyArray<Losing>] = [
  ["insert", /'deploy\.created'/u],
  ["claim", /'deploy\.running'/u],
  ["move", /superseding/u],
  ["commit", /^COMMIT/u],
  ["renew", /SET lease_until/u],
  ["release", /SET owner = NULL/u]
]

const again = Schedule.spaced("50 millis")

/** Asks for the status of the API over this node. */
const probes = (context: Context.Context<Layer.Success<ReturnType<typeof nodeAt>>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { dispose, handler } = FetchHandler.make(HttpApp.layer().pipe(Layer.provide(Layer.succeedContext(context))))
      const probe = (path: string) =>
        Effect.map(
          Effect.promise(() => handler(new Request(`http://localhost${path}`))),
          ({ status }) => status
        )
      return { dispose, probe }
    }),
    ({ dispose }) => Effect.promise(dispose)
  )

const now = (lab: Lab) =>
  Effect.map(lab.query<{ at: string }>("SELECT clock_timestamp()::text AS at"), ([row]) => row?.at ?? "")

/** Creates under a key until it is answered, and cancels some of them until that is answered. */
const ask = Effect.fnUntraced(function* (lab: Lab, engine: DeployEngine["Service"], n: number) {
  const id = yield* Effect.retry(lab.create(n % lab.apps.length, {}, `key-${n}`, engine), again)
  const cancel = Effect.retry(lab.cancel(id, engine), { schedule: again, while: ({ _tag }) => _tag === "StoreError" })
  if (n % 6 === 0) yield* Effect.ignore(cancel)
})

describe.skipIf(!Database.available)("a node whose way to the database", () => {
  it.live(
    `loses statements and answers doubles nothing and ends everything (SEED=${seed})`,
    () =>
      Effect.gen(function* () {
        const direct = yield* Database.fresh()
        const lab = yield* makeLab(direct, { apps: 24 })
        const { proxy, url } = yield* makeProxy(direct)
        const dice = new Dice(seed)
        const hits = new Map<string, number>()
        const lose = Effect.sync(() => {
          const [name, statement] = dice.pick<Losing>(...writes)
          const matches = (text: string) => {
            const isHit = statement.test(text.trim())
            if (isHit) hits.set(name, (hits.get(name) ?? 0) + 1)
            return isHit
          }
          proxy.lose(matches, dice.pick("request", "answer"))
        })
        const losing = yield* Effect.forkScoped(Effect.forever(Effect.delay(lose, "60 millis")))
        const context = yield* Layer.build(nodeAt(lab, url, 2000))
        const engine = Context.get(context, DeployEngine)
        yield* Effect.forEach(Array.from({ length: 72 }), (_, n) => ask(lab, engine, n), { concurrency: 6 })
        yield* Effect.sleep("2 seconds")
        yield* Fiber.interrupt(losing)
        proxy.heal()
        yield* lab.quiet("2 minutes")
        const { deploys, events, snapshot } = yield* lab.verify
        assert.strictEqual(deploys, 72)
        lab.endedAs(snapshot, "completed", "cancelled")
        say(
          `SEED=${seed}: ${proxy.cuts} connections cut (${[...hits].map(([name, n]) => `${n} ${name}`).join(", ")}), ${deploys} deploys, ${events} events checked`
        )
      }),
    180_000
  )

  it.live(
    "is a black hole gives its leases up by its own clock, and writes nothing when it is let through again",
    () =>
      Effect.gen(function* () {
        const direct = yield* Database.fresh()
        const lab = yield* makeLab(direct, { apps: 6 })
        yield* lab.audited
        const { proxy, url } = yield* makeProxy(direct)
        const context = yield* Layer.build(nodeAt(lab, url, 1000))
        const { probe } = yield* probes(context)
        yield* Effect.addFinalizer(() => Effect.sync(() => proxy.blackHole(false)))
        const other = yield* spareNode(lab.config("other"))
        yield* Effect.forEach(lab.apps, (_, nth) => lab.create(nth, { hold: 60_000 }))
        yield* lab.until(6, "SELECT 1 FROM deploys.deploy_steps WHERE status = 'running'")
        assert.deepStrictEqual([yield* probe("/readyz"), yield* probe("/healthz")], [200, 200])
        const since = Date.now()
        proxy.blackHole(true)
        yield* other.begin
        // Within a second of the last one, a probe is answered as that was.
        yield* Effect.repeat(Effect.delay(probe("/readyz"), "200 millis"), { until: (status) => status === 503 })
        const answeredAfter = Date.now() - since
        assert.strictEqual(yield* probe("/healthz"), 200)
        yield* lab.until(6, "SELECT 1 FROM deploys.deploys WHERE status = 'completed'")
        const stops = lab.world.log.filter(({ node, what }) => node === "node" && what === "stopped")
        assert.lengthOf(stops, 6)
        const last = Math.max(...stops.map(({ at }) => at - since))
        const first = Math.min(...lab.world.log.filter(({ node }) => node === "other").map(({ at }) => at - since))
        assert.isBelow(last, 3000)
        const over = yield* now(lab)
        proxy.blackHole(false)
        yield* Effect.repeat(Effect.delay(probe("/readyz"), "200 millis"), { until: (status) => status === 200 })
        yield* Effect.sleep("1 second")
        const writes = yield* lab.query(`SELECT * FROM chaos.writes WHERE node = 'node' AND at > '${over}'`)
        assert.deepStrictEqual(writes, [])
        const { deploys, events } = yield* lab.verify
        say(
          `black hole with a lease of 1 s: steps stopped within ${last} ms, others began after ${first} ms, unready after ${answeredAfter} ms; 0 rows afterwards, ${deploys} deploys, ${events} events checked`
        )
      }),
    60_000
  )
})
