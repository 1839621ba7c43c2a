// What the peers have in common: they work once to get warm, say that they are ready, wait for a line, work, and say how
// long that took.
import { createInterface } from "node:readline"

export const url = process.env.DATABASE_URL
export const inFlight = Number(process.env.IN_FLIGHT)
const count = Number(process.env.COUNT)
const warm = Number(process.env.WARM)

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

/** Runs `work` on what `prepare` made: a smaller number to warm up, and then, when told to, what is measured. */
export const measured = async (work, prepare = async () => {}) => {
  await prepare(warm)
  await work(warm, process.env.WARM_URL)
  await prepare(count)
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  say({ ready: true })
  await lines.next()
  const started = performance.now()
  await work(count, url)
  say({ seconds: (performance.now() - started) / 1000 })
}

/** Calls `one` for each number below `count`, so many at a time. */
export const each = async (count, one) => {
  let next = 0
  const lane = async () => {
    while (next < count) await one(next++)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}
