/**
 * Sends requests that are wrong in ways that follow from a seed. `SEED` sends those of an earlier run again, `REQUESTS` says
 * how many.
 */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { collected } from "../setup/collected.ts"
import { ReadyServer, rootToken } from "../setup/readyServer.ts"
import { chanceOf } from "./Chance.ts"
import { judge } from "./faults.ts"
import { mutateRequest, type Sent } from "./mutateRequest.ts"
import { routesOf } from "./OpenApi.ts"
import { rawRequest } from "./rawRequest.ts"
import { rowsOf } from "./rows.ts"
import { type Received, send } from "./send.ts"

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 32))
const requests = Number(process.env["REQUESTS"] ?? 6000)
const atOnce = 16
const cache = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url))
/** On a quiet machine none takes longer than a second; this is for one that does other things besides. */
const slowMillis = 10_000
const grownBytes = 8 * 2 ** 20

/** Open sockets of this process that are its own, not the test runner's. */
const sockets = () => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCPSocketWrap")).length

const untilClosed = async (before: number) => {
  for (let tries = 0; tries < 100 && sockets() > before; tries++) await new Promise((done) => setTimeout(done, 50))
  return sockets()
}

const inParallel = async <A, B>(values: ReadonlyArray<A>, use: (value: A) => Promise<B>) => {
  const left = [...values.entries()]
  const results: Array<B> = []
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) results[next[0]] = await use(next[1])
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return results
}

const once = { headers: { connection: "close" } }

const shown = ({ bytes }: Sent, { text }: Received) =>
  `${JSON.stringify(bytes.toString("latin1").slice(0, 1500))} is answered ${JSON.stringify(text.slice(0, 800))}`

const server = ReadyServer.layer(Effect.succeed({}))

layer(server, { excludeTestServices: true, timeout: "60 seconds" })(
  "the ready server under requests that are wrong",
  (it) => {
    it.effect(
      "refuses each of them in order, and stays as it was",
      () =>
        Effect.gen(function* () {
          const { port, url } = yield* ReadyServer
          yield* Effect.promise(() => run(url, port))
        }),
      180_000
    )
  }
)

interface Seen {
  readonly statuses: Map<number, number>
  slowest: number
}

const judgeAll = (sent: ReadonlyArray<Sent>, received: ReadonlyArray<Received>, seen: Seen) =>
  sent.flatMap((one, at) => {
    const answer = received[at] ?? { text: "", millis: 0, stuck: true }
    const { faults, statuses } = judge(answer, one.bytes.subarray(0, 4).toString() === "HEAD")
    for (const status of statuses) seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1)
    seen.slowest = Math.max(seen.slowest, answer.millis)
    const slow = answer.millis > slowMillis ? [`an answer after ${answer.millis.toFixed(0)} ms`] : []
    return [...faults, ...slow].map((fault) => `${fault}: ${shown(one, answer)}`)
  })

/** Nothing of what was sent and received is held when it has ended. */
const sendAll = async (sent: ReadonlyArray<Sent>, port: number, seen: Seen) => {
  const found = judgeAll(sent, await inParallel(sent, (one) => send(one, port)), seen)
  assert.deepStrictEqual(found.slice(0, 5), [], `SEED=${seed}: ${found.length} requests`)
}

const run = async (url: string, port: number) => {
  const chance = chanceOf(seed)
  const rows = await rowsOf(url, rootToken)
  const routes = routesOf(await (await fetch(`${url}/openapi.json`, once)).text())
  const next = (): Sent => {
    const route = chance.any(routes)
    return route === undefined || chance.below(4) === 0 ? rawRequest(chance, rows) : mutateRequest(chance, route, rows)
  }
  const before = await untilClosed(0)
  const seen: Seen = { statuses: new Map(), slowest: 0 }
  const memory: Array<number> = []
  for (let quarter = 0; quarter < 4; quarter++) {
    await sendAll(Array.from({ length: Math.ceil(requests / 4) }, next), port, seen)
    assert.strictEqual((await fetch(`${url}/healthz`, once)).status, 200, `SEED=${seed}`)
    assert.isAtMost(await untilClosed(before), before, `SEED=${seed}: sockets that stay open`)
    memory.push(collected())
  }
  const [, second = 0, , last = 0] = memory
  const grown = `SEED=${seed}: ${memory.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(", ")} MiB after each quarter`
  assert.isBelow(last - second, grownBytes, grown)
  assert.isUndefined(Object(Object.prototype).polluted)
  assert.includeMembers([...seen.statuses.keys()], [200, 201, 400, 401, 404, 405, 413, 415], `SEED=${seed}`)
  const answers = [...seen.statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`)
  const figures = [
    `${requests} requests`,
    `slowest ${seen.slowest.toFixed(0)} ms`,
    grown,
    `answers ${answers.join(", ")}`
  ]
  mkdirSync(cache, { recursive: true })
  writeFileSync(`${cache}/fuzz.txt`, `${figures.join("\n")}\n`)
}
