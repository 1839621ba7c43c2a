// Deploys of five durable steps a second, against peers that run workflows or jobs on the same PostgreSQL, in one run.
// `COUNT` scales how many there are (default 1), `ROUNDS` how often (3), `ONLY` names peers with
// commas, `IN_FLIGHT` is one of 1, 32 and 128.
import { cpus } from "node:os"
import { join } from "node:path"
import { startCluster } from "../../setup/cluster.ts"
import { installPeers } from "../installPeers.ts"
import { openServer } from "./counters.ts"
import { runChild } from "./process.ts"
import { type Measured, tableOf } from "./table.ts"

interface Peer {
  readonly name: string
  readonly file: string
  readonly env?: Readonly<Record<string, string>>
  /** Makes what is to be run, where the peer does not do so itself. Such a peer gets another database to warm up on. */
  readonly prepare?: string
  /** How many of them it runs to get warm. */
  readonly warm: number
  /** How many of them take a few seconds, with 1, 32 and 128 in flight; 0: it is left out. */
  readonly counts: readonly [number, number, number]
}

const here = import.meta.dirname
const installed = installPeers(here)
const only = process.env["ONLY"]?.split(",")
const scale = Number(process.env["COUNT"] ?? 1)
const rounds = Number(process.env["ROUNDS"] ?? 3)

const all: ReadonlyArray<Peer> = [
  {
    name: "ours",
    file: join(here, "ours.ts"),
    prepare: join(here, "prepare.ts"),
    warm: 1500,
    counts: [600, 6000, 8000]
  },
  {
    name: "ours with another node",
    file: join(here, "ours.ts"),
    env: { OTHERS: "1" },
    prepare: join(here, "prepare.ts"),
    warm: 1500,
    counts: [0, 6000, 0]
  },
  { name: "dbos", file: join(installed, "dbos.mjs"), warm: 200, counts: [300, 500, 500] },
  {
    name: "pg-boss with steps",
    file: join(installed, "pg-boss.mjs"),
    env: { STEPS: "5" },
    warm: 1000,
    counts: [0, 4000, 4000]
  },
  {
    name: "pg-boss without steps",
    file: join(installed, "pg-boss.mjs"),
    env: { STEPS: "0" },
    warm: 4000,
    counts: [0, 20_000, 20_000]
  },
  { name: "by hand", file: join(installed, "by-hand.mjs"), warm: 2000, counts: [1000, 10_000, 10_000] },
  {
    name: "by hand on our tables",
    file: join(installed, "by-hand-tables.mjs"),
    prepare: join(here, "prepare.ts"),
    warm: 2000,
    counts: [1000, 10_000, 10_000]
  },
  // Ours is at work for about as long between two statements.
  {
    name: "by hand on our tables, 70 µs a move",
    file: join(installed, "by-hand-tables.mjs"),
    env: { BUSY_MICROS: "70" },
    prepare: join(here, "prepare.ts"),
    warm: 2000,
    counts: [1000, 8000, 8000]
  },
  { name: "graphile-worker chain", file: join(installed, "graphile-worker.mjs"), warm: 200, counts: [0, 500, 0] }
]
const peers = all.filter(({ name }) => only?.includes(name) ?? true)

const cluster = await startCluster({ durable: true })
const server = openServer(cluster.url)
let databases = 0

const warmName = (name: string) => `${name}_warm`

/** The address of the database to warm up on, where the peer has another one made what it runs. */
const prepared = async ({ prepare, warm }: Peer, name: string, url: string, count: number) => {
  if (prepare === undefined) return {}
  const warmUrl = await server.create(warmName(name))
  for (const [DATABASE_URL, n] of [
    [warmUrl, warm],
    [url, count]
  ] as const)
    await runChild(prepare, { cwd: here, env: { DATABASE_URL, COUNT: String(n) } }, async () => {})
  return { WARM_URL: warmUrl }
}

const once = async (peer: Peer, inFlight: number, count: number): Promise<Measured> => {
  const name = `bench_${databases++}`
  const url = await server.create(name)
  const env = {
    DATABASE_URL: url,
    IN_FLIGHT: String(inFlight),
    COUNT: String(count),
    WARM: String(peer.warm),
    ...peer.env,
    ...(await prepared(peer, name, url, count))
  }
  const options = { cwd: here, env }
  let before = await server.count(name)
  const work = await runChild(peer.file, options, async () => {
    before = await server.count(name)
  })
  // A connection that has ended has told all that it did.
  const after = await server.count(name)
  await server.drop(name)
  if (peer.prepare !== undefined) await server.drop(warmName(name))
  return {
    name: peer.name,
    perSecond: count / work.seconds,
    cpu: (work.cpu * 1000) / count,
    commits: (after.commits - before.commits) / count,
    writes: (after.writes - before.writes) / count,
    fsyncs: (after.fsyncs - before.fsyncs) / count
  }
}

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`)
for (const [i, inFlight] of [1, 32, 128].entries()) {
  if (process.env["IN_FLIGHT"] !== undefined && process.env["IN_FLIGHT"] !== String(inFlight)) continue
  const chosen = peers.filter(({ counts }) => (counts[i] ?? 0) > 0)
  const measured: Array<ReadonlyArray<Measured>> = []
  for (let round = 0; round < rounds; round++) {
    const turned = chosen.map((_, j) => chosen[(round + j) % chosen.length]).filter((peer) => peer !== undefined)
    const found: Array<Measured> = []
    for (const peer of turned) found.push(await once(peer, inFlight, Math.ceil((peer.counts[i] ?? 0) * scale)))
    measured.push(chosen.flatMap(({ name }) => found.filter((each) => each.name === name)))
  }
  console.log(`\n### ${inFlight} in flight\n\n${tableOf(measured)}`)
}
await cluster.stop()
process.exit()
