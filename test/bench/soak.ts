// 64 connections that read, list, create, cancel and follow on the ready server with PostgreSQL and the local target. It ends
// with 1 if something that was answered is not so, or if what the server holds after a collection grows by more than 1 MiB a
// minute over the last three quarters of the seconds behind the warm-up, in which V8 compiles one function after the other.
// Run: node test/bench/soak.ts [--warm 90] [--seconds 60] [--connections 64]
import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { cpus, loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { parseArgs } from "node:util"
import { startCluster } from "../setup/cluster.ts"
import { check } from "./soak/check.ts"
import { makeClient } from "./soak/client.ts"
import { growthAMinute, type Sample } from "./soak/fit.ts"
import { makeLedger } from "./soak/Ledger.ts"
import type { Held } from "./soak/messages.ts"
import { prepare } from "./soak/prepare.ts"
import { work } from "./soak/work.ts"

const { values } = parseArgs({
  options: {
    warm: { type: "string", default: "90" },
    seconds: { type: "string", default: "60" },
    connections: { type: "string", default: "64" }
  }
})
const [warm, seconds, connections] = [Number(values.warm), Number(values.seconds), Number(values.connections)]
const token = "root-token-of-the-soak-0123456789abcdef"
const mostGrowth = 1
const apps = 32

const cluster = await startCluster({ durable: true })
const data = mkdtempSync(join(tmpdir(), "deploys-soak-"))
const server = fork(join(import.meta.dirname, "soak/server.ts"), {
  execArgv: ["--expose-gc"],
  silent: true,
  env: {
    PATH: process.env["PATH"],
    DATABASE_URL: cluster.url,
    DATA_DIR: data,
    PORT: "0",
    SITES_PORT: "0",
    ROOT_TOKEN: token,
    REQUESTS_PER_MINUTE: "0",
    OPEN_STREAMS_PER_TOKEN: "1000"
  }
})
process.on("exit", () => {
  server.kill("SIGKILL")
  rmSync(data, { recursive: true, force: true })
})
server.stderr?.pipe(process.stderr)

const url = /http:\S+/.exec(String((await once(server.stdout ?? server, "data"))[0]))?.[0] ?? ""
server.stdout?.resume()
const client = makeClient(url, token)
const builds = await prepare(client, apps)

const held = async (): Promise<Held> => {
  server.send("held")
  return (await once(server, "message"))[0]
}

const mebi = (bytes: number) => bytes / 2 ** 20
const began = performance.now()
const until = began + (warm + seconds) * 1000
const samples: Array<Sample & { readonly code: number; readonly rss: number }> = []
const sample = async () => {
  while (performance.now() < until) {
    const { code, heapUsed, rss } = await held()
    const at = (performance.now() - began) / 1000
    samples.push({ seconds: at, mebibytes: mebi(heapUsed), code: mebi(code), rss: mebi(rss) })
    await sleep(1000)
  }
}

const ledger = makeLedger()
const task = { url, token, builds, until }
await Promise.all([sample(), ...Array.from({ length: connections }, (_, number) => work(number, task, ledger))])
const took = (performance.now() - began) / 1000
const faults = [...ledger.wrong, ...(await check(client, ledger))]
const late = samples.filter((one) => one.seconds >= warm + seconds / 4)
const growth = growthAMinute(late)
const codeGrowth = growthAMinute(late.map(({ code, seconds }) => ({ seconds, mebibytes: code })))

const statuses = [...ledger.counts].map(([kind, count]) => `${count} ${kind}`).join(", ")
console.log(`${connections} connections for ${took.toFixed(0)} s: ${statuses}`)
console.log(
  `created ${ledger.created.length}, cancelled ${ledger.cancelled.size}, streams that ended ${ledger.ended.size}`
)
console.log(`wrong or lost: ${faults.length}`)
for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`)
console.log(
  `held after a collection: ${samples[0]?.mebibytes.toFixed(1)} MiB at first, ${late[0]?.mebibytes.toFixed(1)} at ${late[0]?.seconds.toFixed(0)} s, ${late.at(-1)?.mebibytes.toFixed(1)} at the end, resident ${late.at(-1)?.rss.toFixed(0)}`
)
console.log(
  `grows by ${growth.toFixed(2)} MiB a minute over the last ${(seconds * 0.75).toFixed(0)} s (${late.length} samples), ${codeGrowth.toFixed(2)} of it compiled code`
)
console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, load ${loadavg()[0]?.toFixed(0)}`)

client.close()
server.kill("SIGTERM")
await once(server, "exit")
await cluster.stop()
process.exitCode = faults.length === 0 && growth <= mostGrowth ? 0 : 1
