// What a statement for each move of many deploys can do at best: the same six commits a deploy as ours, and no engine. It
// claims nothing, renews no lease, retries nothing and stops nothing.
import { Pool } from "pg"
import { each, measured, url } from "./run.mjs"

const pool = new Pool({ connectionString: url, max: 1 })
await pool.query(`
  create table deploys (id int primary key, status text not null, epoch int not null, last_event int not null, moved_at timestamptz);
  create table steps (deploy_id int, index int, status text not null, output jsonb, started_at timestamptz, completed_at timestamptz,
    primary key (deploy_id, index));
  create table events (deploy_id int, sequence int, type text not null, at timestamptz not null, data jsonb not null,
    primary key (deploy_id, sequence))`)

const text = `
  with request as materialized (
    select * from unnest($1::int[], $2::int[], $3::text[], $4::int[], $5::int[]) as r(id, after, status, ended, begun)
  ), locked as materialized (
    select d.id from deploys d where d.id = any ($1::int[]) order by d.id for update
  ), moved as (
    update deploys d set status = r.status, last_event = d.last_event + 2, moved_at = clock_timestamp()
    from request r join locked using (id)
    where d.id = r.id and d.epoch = 1 and d.last_event = r.after
    returning d.id, d.moved_at as at, r.after, r.ended, r.begun
  ), begun as (
    insert into steps (deploy_id, index, status, started_at) select id, begun, 'running', at from moved where begun is not null
  ), ended as (
    update steps s set status = 'completed', completed_at = at, output = jsonb_build_object('step', ended)
    from moved where s.deploy_id = moved.id and s.index = moved.ended
  ), told as (
    insert into events (deploy_id, sequence, type, at, data)
    select id, after + 1, 'ended', at, jsonb_build_object('step', ended) from moved
    union all
    select id, after + 2, 'begun', at, jsonb_build_object('step', begun) from moved
  )
  select id from moved`

let waiting = []
let busy = false
const send = async () => {
  if (busy) return
  busy = true
  // All that can run already joins.
  await new Promise(setImmediate)
  while (waiting.length > 0) {
    const batch = waiting
    waiting = []
    const columns = ["id", "after", "status", "ended", "begun"].map((key) => batch.map(({ move }) => move[key]))
    const { rows } = await pool.query({ name: "move", text, values: columns })
    if (rows.length !== batch.length) throw new Error("A move was lost")
    for (const { done } of batch) done()
    await new Promise(setImmediate)
  }
  busy = false
}
const land = (move) =>
  new Promise((done) => {
    waiting.push({ move, done })
    void send()
  })

let first = 0
let last = 0
const add = async (count) => {
  first = last
  last += count
  await pool.query(
    "insert into deploys select n, 'pending', 1, 0, now() from generate_series($1::int, $2::int - 1) n",
    [first, last]
  )
  await pool.query("analyze")
}

await measured(
  (count) =>
    each(count, async (n) => {
      const id = first + n
      await land({ id, after: 0, status: "running", ended: null, begun: 0 })
      for (let step = 0; step < 4; step++)
        await land({ id, after: 2 * step + 2, status: "running", ended: step, begun: step + 1 })
      await land({ id, after: 10, status: "completed", ended: 4, begun: null })
    }),
  add
)
process.exit()
