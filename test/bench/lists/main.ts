// Lists under load, against peers in the same run. `DATABASE_URL`: an empty database, or one that this has filled before.
import { cpus } from "node:os"
import { join } from "node:path"
import { installPeers } from "../installPeers.ts"
import { openDatabase } from "./database.ts"
import { depthTable } from "./depth.ts"
import { measure, type Subject, warmUp } from "./measure.ts"
import { startServer } from "./processes.ts"
import { type ScopeName, since, toOurs, toPeer, toPostgraphile } from "./requests.ts"
import { tableOf } from "./table.ts"

const setting = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise)
const only = process.env["ONLY"]
const named = process.env["SUBJECTS"]?.split(",")

const database = await openDatabase(setting("ROWS", 1_000_000))
const here = import.meta.dirname
const peers = installPeers(here)
const env = { DATABASE_URL: database.url }

// The flag is the one that `deploys serve` sets for itself.
const ours = await startServer(join(here, "ours.ts"), here, env, ["--no-allocation-site-pretenuring"])
const byHand = await startServer(join(peers, "pg.mjs"), peers, env)
const drizzle = await startServer(join(peers, "drizzle.mjs"), peers, env)
const postgraphile = await startServer(join(peers, "postgraphile.mjs"), peers, env)

const portOf = ({ says }: { readonly says: Readonly<Record<string, unknown>> }) => Number(says["port"])
const tokens = JSON.parse(JSON.stringify(ours.says["tokens"]))

const subjects = (scope: ScopeName, total: boolean): ReadonlyArray<Subject> => [
  {
    name: "by hand",
    server: byHand,
    port: portOf(byHand),
    requests: since.map((at) => toPeer(portOf(byHand), scope, total, at))
  },
  {
    name: "ours",
    server: ours,
    port: portOf(ours),
    requests: since.map((at) => toOurs(portOf(ours), tokens[scope], total, at))
  },
  {
    name: "drizzle",
    server: drizzle,
    port: portOf(drizzle),
    requests: since.map((at) => toPeer(portOf(drizzle), scope, total, at))
  },
  {
    name: "postgraphile",
    server: postgraphile,
    port: portOf(postgraphile),
    requests: since.map((at) => toPostgraphile(portOf(postgraphile), scope, total, at))
  }
]

const cells: ReadonlyArray<readonly [scope: ScopeName, total: boolean]> = [
  ["one", false],
  ["five", false],
  ["all", false],
  ["one", true],
  ["five", true]
]

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${database.version}`)
const chosen = (all: ReadonlyArray<Subject>) => all.filter(({ name }) => named?.includes(name) ?? true)

if (only !== "depth") {
  const all = cells.map(([scope, total]) => chosen(subjects(scope, total)))
  await warmUp(all, setting("WARM", 15_000))
}
for (const [scope, total] of cells) {
  for (const connections of [8, 32]) {
    const title = `${scope}${total ? " with total" : ""}, ${connections} connections`
    if (only !== undefined && !title.includes(only)) continue
    const rounds = await measure(chosen(subjects(scope, total)), {
      connections,
      postmaster: database.postmaster,
      millis: setting("MILLIS", 1500),
      rounds: setting("ROUNDS", 6)
    })
    console.log(`\n### ${title}\n\n${tableOf(rounds)}`)
  }
}
if (only === undefined || only === "depth") console.log(`\n### Page 5,000\n\n${await depthTable(database.url)}`)
await database.stop()
process.exit()
