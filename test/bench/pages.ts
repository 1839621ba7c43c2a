// Deploys 2,000 files (50 MiB) to the fake, by Cloudflare's own client and by the Pages target, each in a process of its own.
// Run: node test/bench/pages.ts [--check]
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { wranglerCommand } from "../../packages/pages-target/test/support/wrangler.ts"

const here = dirname(fileURLToPath(import.meta.url))
const root = mkdtempSync(join(tmpdir(), "pages-bench-"))
process.on("exit", () => rmSync(root, { recursive: true, force: true }))

interface Place {
  readonly apiUrl: string
  readonly accountId: string
  readonly apiToken: string
}

interface Run {
  readonly millis: number
  readonly megabytes: number
}

const files = 2000
const rounds = 2
const total = 50 * 1024 * 1024

/** Pages of text and pictures of noise, from a few hundred bytes to a megabyte, the same in every run. */
const writeSite = (folder: string, files: number) => {
  let state = 7
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  const weights = Array.from({ length: files }, () => 0.02 + random() ** 6)
  const sum = weights.reduce((left, right) => left + right, 0)
  for (const [index, weight] of weights.entries()) {
    const bytes = Buffer.alloc(Math.round(((weight / sum) * total * files) / 2000))
    for (let at = 0; at < bytes.length; at += 4)
      bytes.writeUInt32LE((random() * 2 ** 32) >>> 0, Math.min(at, Math.max(0, bytes.length - 4)))
    const path = join(folder, `d${index % 40}`, `f${index}.${index % 3 === 0 ? "html" : "bin"}`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  writeFileSync(join(folder, "index.html"), "<h1>bench</h1>")
}

/** The most memory that one process below this one has had, in MiB. */
const peakBelow = (pid: number): number => {
  const read = (file: string) => {
    try {
      return readFileSync(file, "utf8")
    } catch {
      return ""
    }
  }
  const own = Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean)
  return Math.max(own, ...children.map((child) => peakBelow(Number(child))))
}

const measured = (command: string, args: ReadonlyArray<string>, options: { cwd?: string; env?: NodeJS.ProcessEnv }) =>
  new Promise<Run & { readonly output: string }>((resolve, reject) => {
    const began = performance.now()
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] })
    let megabytes = 0
    const output: Array<string> = []
    const look = setInterval(() => (megabytes = Math.max(megabytes, peakBelow(child.pid ?? 0))), 100)
    const limit = setTimeout(() => child.kill("SIGKILL"), 120_000)
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(String(chunk)))
    child.on("close", (code) => {
      clearInterval(look)
      clearTimeout(limit)
      const run = { millis: performance.now() - began, megabytes, output: output.join("") }
      if (code === 0) resolve(run)
      else reject(new Error(`${args[0]} ended with ${code}: ${run.output}`))
    })
  })

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

const theirs = async (place: Place, folder: string) => {
  const home = mkdtempSync(join(root, "home-"))
  const { args, env } = wranglerCommand(
    { ...place, project: "demo", folder, message: "bench", hash: "0".repeat(40) },
    home
  )
  return measured(process.execPath, args, { cwd: home, env })
}

/** A host that has deployed something before, as a service has, and then the site twice. */
const ours = async (place: Place) => {
  const args = [join(here, "pages/deploy.ts"), place.apiUrl, place.accountId, place.apiToken, root]
  const runs = async (...artifacts: ReadonlyArray<string>) =>
    JSON.parse((await measured(process.execPath, [...args, ...artifacts], {})).output) as ReadonlyArray<Run>
  const [, cold = none, unchanged = none] = await runs("small", "site", "site")
  const [alone = none] = await runs("site")
  return { cold, unchanged: { ...unchanged, megabytes: alone.megabytes }, alone }
}

const none: Run = { millis: Number.NaN, megabytes: Number.NaN }

const goals: Readonly<Record<string, { readonly time: number; readonly memory: number }>> = {
  cold: { time: 0.6, memory: 0.4 },
  unchanged: { time: 0.3, memory: 0.4 },
  "cold, 20 ms a call": { time: 1, memory: 0.4 },
  "unchanged, 20 ms a call": { time: 1, memory: 0.4 }
}

const row = (name: string, wrangler: Run, target: Run) => {
  const time = target.millis / wrangler.millis
  const memory = target.megabytes / wrangler.megabytes
  const goal = goals[name] ?? { time: 1, memory: 1 }
  const isMissed = time > goal.time || memory > goal.memory
  if (isMissed && process.argv.includes("--check")) process.exitCode = 1
  const shown = ({ megabytes, millis }: Run) => `${(millis / 1000).toFixed(2)} s, ${megabytes.toFixed(0)} MiB`
  const ratios = `time ${time.toFixed(2)} (goal ${goal.time}), memory ${memory.toFixed(2)} (goal ${goal.memory})`
  console.log(`| ${name} | ${shown(wrangler)} | ${shown(target)} | ${ratios} |`)
}

const least = (runs: ReadonlyArray<Run>): Run =>
  runs.reduce((best, run) => ({
    millis: Math.min(best.millis, run.millis),
    megabytes: Math.min(best.megabytes, run.megabytes)
  }))

const folder = join(root, "site")
writeSite(folder, files)
writeSite(join(root, "small"), 100)
console.log(
  `The least of ${rounds} runs each, in turns. wrangler: its whole process. Pages target: a deploy in a living process;`
)
console.log("its memory is all of the process, for `unchanged` of one that has only that deploy.\n")
console.log("| | wrangler | Pages target | ratio |\n| --- | --- | --- | --- |")
for (const latency of [0, 20]) {
  const name = latency === 0 ? "" : `, ${latency} ms a call`
  const runs = []
  for (let round = 0; round < rounds; round++) {
    const wrangler = await withFake(
      latency,
      async (place) => [await theirs(place, folder), await theirs(place, folder)] as const
    )
    runs.push({ wrangler, target: await withFake(latency, ours) })
  }
  row(`cold${name}`, least(runs.map(({ wrangler }) => wrangler[0])), least(runs.map(({ target }) => target.cold)))
  row(
    `unchanged${name}`,
    least(runs.map(({ wrangler }) => wrangler[1])),
    least(runs.map(({ target }) => target.unchanged))
  )
  console.log(
    `| its plan alone in a new process${name} | | ${(least(runs.map(({ target }) => target.alone)).millis / 1000).toFixed(2)} s | |`
  )
}
