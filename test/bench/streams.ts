// 1,000 open event streams on one process: what each takes, and what an event costs.
// Run: node test/bench/streams.ts [streams] [lines] [lines a second]
import { fork } from "node:child_process"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Asked, Ready, Told, Usage } from "./streams/messages.ts"

const [streams = 1000, lines = 500, rate = 50] = process.argv.slice(2).map(Number)

const server = fork(fileURLToPath(new URL("streams/server.ts", import.meta.url)), { execArgv: ["--expose-gc"] })
process.on("exit", () => server.kill("SIGKILL"))

const isReady = (told: Told): told is Ready => "url" in told
const told = async (): Promise<Told> => (await once(server, "message"))[0]
const ask = (asked: Asked) => server.send(asked)
const usage = async (): Promise<Usage> => {
  ask({ ask: "usage" })
  const answer = await told()
  return isReady(answer) ? usage() : answer
}

interface Reader {
  readonly socket: Socket
  text: string
  writes: number
  last: number
  gaps: number
  reports: number
}

/** Numbers have to come one after the other; what is read is not kept. */
const read = (reader: Reader, chunk: Buffer) => {
  reader.writes += 1
  reader.text += chunk.toString()
  const end = reader.text.lastIndexOf("\n\n")
  if (end < 0) return
  for (const [, id] of reader.text.slice(0, end + 2).matchAll(/^id: (\d+)$/gm)) {
    if (Number(id) !== reader.last + 1) reader.gaps += 1
    reader.last = Number(id)
  }
  reader.reports += reader.text.slice(0, end + 2).match(/^event: progress$/gm)?.length ?? 0
  reader.text = reader.text.slice(end + 2)
}

const open = async ({ id, url }: Ready): Promise<Reader> => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const reader: Reader = { socket, text: "", writes: 0, last: 0, gaps: 0, reports: 0 }
  socket.write(`GET /api/deploys/${id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer root\r\n\r\n`)
  socket.on("data", (chunk: Buffer) => read(reader, chunk))
  await once(socket, "data")
  return reader
}

const ready = await told()
if (!isReady(ready)) throw new Error("the server did not start")
// What the first streams load is not theirs.
for (const { socket } of await Promise.all(Array.from({ length: 50 }, () => open(ready)))) socket.destroy()
await sleep(1000)

const before = await usage()
const readers: Array<Reader> = []
while (readers.length < streams) readers.push(...(await Promise.all(Array.from({ length: 100 }, () => open(ready)))))
await sleep(1000)
const opened = await usage()

const writesBefore = readers.reduce((sum, { writes }) => sum + writes, 0)
const start = performance.now()
for (let line = 0; line < lines; line++) {
  ask({ ask: "line", line: `line ${line} ${"x".repeat(80)}` })
  await sleep(Math.max(0, start + ((line + 1) * 1000) / rate - performance.now()))
}
// Creation, claim and the step's start stand before the lines.
const isBehind = ({ last }: Reader) => last < lines + 3
while (readers.some(isBehind) && performance.now() < start + 60_000) await sleep(100)
const seconds = (performance.now() - start) / 1000
const done = await usage()

const [least, most] = [Math.min(...readers.map(({ last }) => last)), Math.max(...readers.map(({ last }) => last))]
const gaps = readers.reduce((sum, reader) => sum + reader.gaps, 0)
const writes = readers.reduce((sum, reader) => sum + reader.writes, 0) - writesBefore
const kib = (bytes: number) => (bytes / 1024).toFixed(1)
const cpu = (done.cpuMicros - opened.cpuMicros) / lines
console.log(`${readers.length} streams, ${lines} lines at ${(lines / seconds).toFixed(0)} a second`)
const reports = readers.reduce((sum, reader) => sum + reader.reports, 0) / streams
console.log(
  `every reader has ${least} to ${most} stored events, ${gaps} gaps or repeats; ${reports} reports of progress`
)
console.log(`opening one    ${((opened.cpuMicros - before.cpuMicros) / streams).toFixed(0)} µs of CPU`)
console.log(
  `memory of one  ${kib((opened.heapUsed - before.heapUsed) / streams)} KiB of heap, ${kib((opened.rss - before.rss) / streams)} KiB resident`
)
console.log(`a line         ${(cpu / 1000).toFixed(2)} ms of CPU, ${(cpu / streams).toFixed(1)} µs for each reader`)
console.log(
  `writes         ${(writes / streams / seconds).toFixed(1)} a second on each socket, ${(writes / streams / lines).toFixed(2)} for each line`
)
console.log(`memory after   ${kib((done.heapUsed - opened.heapUsed) / streams)} KiB of heap more for each reader`)
for (const { socket } of readers) socket.destroy()
server.kill("SIGTERM")
await once(server, "exit")
