// What the peers have in common: they say when they are ready, wait for a line, work, and say how long it took.
import { createInterface } from "node:readline"

export const url = process.env.DATABASE_URL
export const inFlight = Number(process.env.IN_FLIGHT)
export const count = Number(process.env.COUNT)

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

/** Runs `work` when told to. */
export const measured = async (work) => {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  say({ ready: true })
  await lines.next()
  const started = performance.now()
  await work()
  say({ seconds: (performance.now() - started) / 1000 })
}

/** Calls `one` for each number below `count`, so many at a time. */
export const each = async (one) => {
  let next = 0
  const lane = async () => {
    while (next < count) await one(next++)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}
