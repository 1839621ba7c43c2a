// A chain of five jobs a deploy: each adds the next.
import { Logger, makeWorkerUtils, run } from "graphile-worker"
import { inFlight, measured, url } from "./run.mjs"

const logger = new Logger(() => (level, message) => {
  if (level === "error") console.error(message)
})
const utils = await makeWorkerUtils({ connectionString: url, logger })
await utils.migrate()

const add = async (count) => {
  for (let n = 0; n < count; n += 1000)
    await utils.addJobs(
      Array.from({ length: Math.min(1000, count - n) }, (_, i) => ({ identifier: "step", payload: { n: n + i, i: 0 } }))
    )
}

await measured(async (count) => {
  let left = count
  let over
  const all = new Promise((resolve) => (over = resolve))
  const step = async ({ n, i }, { addJob }) => {
    if (i < 4) await addJob("step", { n, i: i + 1 })
    else if (--left === 0) over()
  }
  const runner = await run({
    connectionString: url,
    concurrency: inFlight,
    maxPoolSize: inFlight + 2,
    noHandleSignals: true,
    logger,
    taskList: { step }
  })
  await all
  await runner.stop()
}, add)
process.exit()
