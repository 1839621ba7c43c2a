// One job a deploy: it writes a row for each of five steps by itself, or with STEPS=0 does nothing.
import { Pool } from "pg"
import { PgBoss } from "pg-boss"
import { inFlight, measured, url } from "./run.mjs"

const steps = Number(process.env.STEPS)
const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false, max: inFlight })
boss.on("error", (error) => console.error(error))
await boss.start()
await boss.createQueue("deploy")
const pool = new Pool({ connectionString: url, max: inFlight })
await pool.query("create table steps (n int, i int, output jsonb, primary key (n, i))")
const step = { name: "step", text: "insert into steps (n, i, output) values ($1, $2, $3)" }
let last = 0
const add = async (count) => {
  for (let n = 0; n < count; n += 1000)
    await boss.insert(
      "deploy",
      Array.from({ length: Math.min(1000, count - n) }, () => ({ data: { n: last++ } }))
    )
}

const run = async ({ data: { n } }) => {
  for (let i = 0; i < steps; i++) await pool.query({ ...step, values: [n, i, { n, i }] })
}

await measured(async (count) => {
  for (let done = 0; done < count;) {
    const jobs = await boss.fetch("deploy", { batchSize: inFlight })
    await Promise.all(jobs.map(run))
    await boss.complete(
      "deploy",
      jobs.map(({ id }) => id)
    )
    done += jobs.length
  }
}, add)
process.exit()
