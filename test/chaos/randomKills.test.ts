import type { DeployId } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Database from "../setup/database.ts"
import { Dice } from "../simulation/machine/Dice.ts"
import { type Lab, makeLab } from "./support/Lab.ts"
import { type Node, spareNode } from "./support/Node.ts"
import { say } from "./support/say.ts"

const seed = process.env["SEED"] ?? String(Date.now())
const rounds = Number(process.env["ROUNDS"] ?? 100)
const apps = 24

/** Where the traffic stands. */
interface Traffic {
  readonly lab: Lab
  readonly dice: Dice
  readonly known: Array<DeployId>
}

const manner = (dice: Dice) => ({
  prepare: dice.between(0, 120),
  stage: dice.between(0, 120),
  activate: dice.between(0, 200),
  verify: dice.between(0, 60),
  failures: dice.pick(0, 0, 0, 0, 0, 1, 2, 3)
})

/** A create, sometimes twice at once under one key; a rollback to a completed deploy; or a cancel. */
const act = Effect.fnUntraced(function* ({ dice, known, lab }: Traffic, n: number) {
  const chance = dice.between(1, 100)
  const recent = known.at(-dice.between(1, 12))
  if (chance <= 22 && recent !== undefined) return yield* Effect.ignore(lab.cancel(recent))
  const [completed] =
    chance > 30
      ? []
      : yield* lab.query<{ id: DeployId }>("SELECT id FROM deploys.deploys WHERE is_live ORDER BY md5(id) LIMIT 1")
  if (completed !== undefined) return yield* Effect.ignore(lab.rollback(completed.id, `key-${n}`))
  const create = lab.create(dice.between(0, apps - 1), manner(dice), chance <= 60 ? `key-${n}` : null)
  const twice = chance <= 40 ? [create, create] : [create]
  known.push(...(yield* Effect.all(twice, { concurrency: "unbounded" })))
})

/** As many deploys at work as keep the nodes busy. */
const traffic = Effect.fnUntraced(function* (flow: Traffic) {
  for (let n = 1; ; n++) {
    const [open] = yield* flow.lab.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM deploys.deploys WHERE status IN ('pending', 'running')"
    )
    if ((open?.n ?? 0) < 40) yield* act(flow, n)
    yield* Effect.sleep(flow.dice.between(5, 30))
  }
})

/** Three nodes, of which one after the other is killed at a random moment; another one takes its place. */
const killing = Effect.fnUntraced(function* (lab: Lab, dice: Dice) {
  let count = 0
  const spare = () => spareNode(lab.config(`node-${++count}`, { maxRunning: 8 }))
  const begin = (node: Node) => Effect.as(node.begin, node)
  const spares = yield* Effect.all([spare(), spare()])
  const alive = yield* Effect.forEach([1, 2, 3], () => Effect.flatMap(spare(), begin), { concurrency: "unbounded" })
  for (let round = 0; round < rounds; round++) {
    yield* Effect.sleep(dice.between(30, 450))
    const [victim] = alive.splice(dice.between(0, alive.length - 1), 1)
    yield* victim?.kill ?? Effect.void
    const next = spares.shift()
    if (next !== undefined) alive.push(yield* begin(next))
    spares.push(yield* spare())
  }
})

const goals = `
  SELECT count(*) FILTER (WHERE status = 'completed')::int AS completed,
    count(*) FILTER (WHERE failure_code = 'cancelled')::int AS cancelled,
    count(*) FILTER (WHERE failure_code = 'superseded')::int AS superseded,
    count(*) FILTER (WHERE failure_code = 'step_failed')::int AS failed,
    count(*) FILTER (WHERE trigger = 'rollback')::int AS rollbacks,
    count(*) FILTER (WHERE metadata ->> 'outcome' = 'reverted')::int AS reverted,
    count(*) FILTER (WHERE status = 'completed' AND epoch > 1)::int AS "taken over",
    (SELECT sum(greatest(starts - attempt, 0))::int FROM deploys.deploy_steps) AS "started anew"
  FROM deploys.deploys`

describe.skipIf(!Database.available)("nodes that are killed at random", () => {
  it.live(
    `keep every invariant (SEED=${seed})`,
    () =>
      Effect.gen(function* () {
        const lab = yield* makeLab(yield* Database.fresh(), { apps, workspaces: 4, mixed: true })
        const dice = new Dice(seed)
        const startedAt = Date.now()
        const known: Array<DeployId> = []
        yield* Effect.raceFirst(killing(lab, dice.about("kills")), traffic({ lab, dice: dice.about("traffic"), known }))
        yield* lab.quiet("2 minutes")
        const { deploys, events, strays } = yield* lab.verify
        const [reached] = yield* lab.query<Record<string, number>>(goals)
        const told = Object.entries(reached ?? {}).map(([name, count]) => `${count} ${name}`)
        say(
          `SEED=${seed}: ${rounds} kills in ${Math.round((Date.now() - startedAt) / 1000)} s, ${deploys} deploys, ${events} events checked`
        )
        say(`  ${told.join(", ")}; ${strays} strays`)
        for (const [name, count] of Object.entries(reached ?? {})) assert.isAbove(count, 0, `not exercised: ${name}`)
      }),
    420_000
  )
})
