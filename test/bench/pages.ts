// Deploys 2,000 files (50 MiB) to the fake, by Cloudflare's own client and by the Pages target as it is installed from npm,
// each in a process of its own. Run after `npm run build`: node test/bench/pages.ts [--rounds=3] [--check]
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { cpus, loadavg, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { wranglerCommand } from "../../packages/pages-target/test/support/wrangler.ts"
import { bundled, installed } from "./pages/installed.ts"
import { measured, type Run } from "./pages/measured.ts"
import { writeSite } from "./pages/site.ts"

const here = dirname(fileURLToPath(import.meta.url))
const root = mkdtempSync(join(tmpdir(), "pages-bench-"))
process.on("exit", () => rmSync(root, { recursive: true, force: true }))

const rounds = Number(/--rounds=(\d+)/.exec(process.argv.join(" "))?.[1] ?? 3)
const folder = join(root, "site")
writeSite(folder, 2000, 50 * 1024 * 1024)
writeSite(join(root, "small"), 100, 2 * 1024 * 1024)
const script = installed(root, "deploy.ts")
const bundle = bundled(script)

interface Place {
  readonly apiUrl: string
  readonly accountId: string
  readonly apiToken: string
}

const withFake = async <A>(latency: number, use: (place: Place) => Promise<A>) => {
  const child = spawn(process.execPath, [join(here, "pages/fake.ts"), String(latency)], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  const place = await new Promise<Place>((resolve) =>
    child.stdout.once("data", (line) => resolve(JSON.parse(String(line)) as Place))
  )
  try {
    return await use(place)
  } finally {
    child.stdin.end()
  }
}

const theirs = async (place: Place): Promise<Run> => {
  const home = mkdtempSync(join(root, "home-"))
  const { args, env } = wranglerCommand(
    { ...place, project: "demo", folder, message: "bench", hash: "0".repeat(40) },
    home
  )
  return measured(args, { cwd: home, env })
}

const deploys = (host: string, { accountId, apiToken, apiUrl }: Place, ...artifacts: ReadonlyArray<string>) =>
  measured([host, apiUrl, accountId, apiToken, root, ...artifacts])

/** A process that deploys the site and ends: the first time, and again. */
const once = (host: string) => async (place: Place) => [
  await deploys(host, place, "site"),
  await deploys(host, place, "site")
]

const last = ({ megabytes, output }: Run & { readonly output: string }): Run => {
  const [millis = Number.NaN] = (JSON.parse(output) as ReadonlyArray<Run>).map((run) => run.millis).toReversed()
  return { millis, megabytes }
}

/** The last deploy of a service that has done others; its memory is all that it has had until then. */
const service = (host: string) => async (place: Place) => [
  last(await deploys(host, place, "small", "site")),
  last(await deploys(host, place, "small", "site", "site"))
]

/** What the target runs in. */
const hosts: Readonly<Record<string, (place: Place) => Promise<ReadonlyArray<Run>>>> = {
  "a new process, one file": once(bundle),
  "a new process, as installed": once(script),
  "in a service, one file": service(bundle),
  "in a service, as installed": service(script)
}

const nowhere: Place = { apiUrl: "http://127.0.0.1:9", accountId: "none", apiToken: "none" }
const none: Run = { millis: Number.NaN, megabytes: Number.NaN }

const median = (numbers: ReadonlyArray<number>) =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN

const spread = (numbers: ReadonlyArray<number>) =>
  `${median(numbers).toFixed(2)} (${Math.min(...numbers).toFixed(2)}–${Math.max(...numbers).toFixed(2)})`

interface Pair {
  readonly wrangler: Run
  readonly target: Run
}

const report = (
  name: string,
  pairs: ReadonlyArray<Pair>,
  goal?: { readonly time: number; readonly memory: number }
) => {
  const ratios = (of: keyof Run) => pairs.map(({ target, wrangler }) => target[of] / wrangler[of])
  const shown = (side: keyof Pair) => {
    const of = (key: keyof Run) => median(pairs.map((pair) => pair[side][key]))
    return `${(of("millis") / 1000).toFixed(2)} s, ${of("megabytes").toFixed(0)} MiB`
  }
  const [time, memory] = [ratios("millis"), ratios("megabytes")]
  const isMissed = goal !== undefined && (median(time) > goal.time || median(memory) > goal.memory)
  if (isMissed && process.argv.includes("--check")) process.exitCode = 1
  console.log(
    `| ${name} | ${shown("wrangler")} | ${shown("target")} | ${spread(time)} | ${goal?.time ?? ""} | ${spread(memory)} | ${goal?.memory ?? ""} |`
  )
}

/** Each side starts, finds nothing to do, and ends. */
const idle = async () => {
  const pairs = { "one file": bundle, "as installed": script }
  for (const [name, host] of Object.entries(pairs)) {
    const all = []
    for (let round = 0; round < rounds; round++) {
      const { args, env } = wranglerCommand({ ...nowhere, project: "", folder, message: "", hash: "" }, root)
      const wrangler = await measured([...args.slice(0, 1), "--version"], { cwd: root, env })
      all.push({ wrangler, target: await deploys(host, nowhere) })
    }
    report(`starts and ends, ${name}`, all)
  }
}

const compare = async (latency: number) => {
  const rows: Record<string, Array<Pair>> = {}
  for (let round = 0; round < rounds; round++) {
    const wrangler = await withFake(latency, async (place) => [await theirs(place), await theirs(place)])
    for (const [host, run] of Object.entries(hosts)) {
      const target = await withFake(latency, run)
      for (const [index, what] of ["cold", "unchanged"].entries())
        (rows[`${what}${latency === 0 ? "" : `, ${latency} ms a call`}, ${host}`] ??= []).push({
          wrangler: wrangler[index] ?? none,
          target: target[index] ?? none
        })
    }
  }
  const time = (name: string) => (latency > 0 ? 1 : name.startsWith("cold") ? 0.6 : 0.3)
  for (const [name, pairs] of Object.entries(rows)) report(name, pairs, { time: time(name), memory: 0.4 })
}

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}\n`)
console.log("| | wrangler | Pages target | time | goal | memory | goal |\n| --- | --: | --: | --: | --: | --: | --: |")
await idle()
for (const latency of [0, 20]) await compare(latency)
console.log(`\nload at the end ${loadavg()[0]?.toFixed(1)}`)
