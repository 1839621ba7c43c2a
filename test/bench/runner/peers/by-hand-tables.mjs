// The least that a hand-written program has to do to our own tables: the same rows with the same values as ours, in the same six
// commits. It knows its deploys beforehand, and as `by-hand.mjs` it has no engine. `BUSY_MICROS`: for how long it keeps its
// processor busy before each move, as an engine would.
import { Pool } from "pg"
import { each, measured } from "./run.mjs"

const locked = `
  locked as materialized (
    select d.id from deploys.deploys d where d.id = any ($1::text[]) order by d.id for update
  )`

const statements = {
  claim: `
    with ${locked}, moved as (
      update deploys.deploys d set status = 'running', started_at = clock_timestamp(), epoch = 1, owner = 'by hand', claimed_epoch = 1,
        lease_until = clock_timestamp() + interval '15 seconds', last_event = 3, moved_at = clock_timestamp()
      from locked where d.id = locked.id and d.status = 'pending' and d.epoch = 0 and d.last_event = 1
      returning d.id, d.entity_id, d.moved_at as at
    ), laned as (
      update deploys.lanes l set active_deploy_id = moved.id, waiting = waiting - 1, ready_at = null
      from moved where l.entity_id = moved.entity_id and l.active_deploy_id is null
    ), stepped as (
      insert into deploys.deploy_steps
        (id, deploy_id, index, name, cancellation, undoable, status, attempt, starts, started_at)
      select 'stp_' || moved.id || i, moved.id, i, 'step ' || i + 1, 'interrupt', false,
        case i when 0 then 'running' else 'pending' end, (i = 0)::int, (i = 0)::int, case i when 0 then at end
      from moved cross join generate_series(0, 4) i
    ), told as (
      insert into deploys.deploy_events (deploy_id, sequence, epoch, type, at, data)
      select id, 2, 1, 'deploy.running', at, jsonb_build_object('by', 'by hand', 'epoch', 1) from moved
      union all
      select id, 3, 1, 'step.running', at, jsonb_build_object('index', 0, 'name', 'step 1', 'attempt', 1) from moved
    )
    select id from moved`,
  step: `
    with request as materialized (
      select * from unnest($1::text[], $2::int[]) as r(id, step)
    ), ${locked}, moved as (
      update deploys.deploys d set last_event = d.last_event + 2, moved_at = clock_timestamp()
      from request r join locked using (id)
      where d.id = r.id and d.status = 'running' and d.epoch = 1 and d.last_event = 3 + 2 * r.step
      returning d.id, d.last_event, d.moved_at as at, r.step
    ), stepped as (
      update deploys.deploy_steps s set
        status = case s.index when moved.step then 'completed' else 'running' end,
        attempt = 1,
        starts = 1,
        output = case s.index when moved.step then jsonb_build_object('step', moved.step + 1, 'of', 'bench') end,
        started_at = coalesce(s.started_at, moved.at),
        completed_at = case s.index when moved.step then moved.at end
      from moved where s.deploy_id = moved.id and s.index in (moved.step, moved.step + 1)
    ), told as (
      insert into deploys.deploy_events (deploy_id, sequence, epoch, type, at, data)
      select id, last_event - 1, 1, 'step.completed', at,
        jsonb_build_object('index', step, 'name', 'step ' || step + 1, 'attempt', 1) from moved
      union all
      select id, last_event, 1, 'step.running', at,
        jsonb_build_object('index', step + 1, 'name', 'step ' || step + 2, 'attempt', 1) from moved
    )
    select id from moved`,
  end: `
    with ${locked}, moved as (
      update deploys.deploys d set status = 'completed', completed_at = clock_timestamp(), is_live = true, owner = null,
        claimed_epoch = null, lease_until = null, last_event = d.last_event + 2, moved_at = clock_timestamp()
      from locked where d.id = locked.id and d.status = 'running' and d.epoch = 1 and d.last_event = 11
      returning d.id, d.entity_id, d.moved_at as at
    ), laned as (
      update deploys.lanes l set active_deploy_id = null, live_deploy_id = moved.id
      from moved where l.entity_id = moved.entity_id
    ), stepped as (
      update deploys.deploy_steps s set status = 'completed', output = jsonb_build_object('step', 5, 'of', 'bench'),
        completed_at = moved.at
      from moved where s.deploy_id = moved.id and s.index = 4
    ), told as (
      insert into deploys.deploy_events (deploy_id, sequence, epoch, type, at, data)
      select id, 12, 1, 'step.completed', at, jsonb_build_object('index', 4, 'name', 'step 5', 'attempt', 1) from moved
      union all
      select id, 13, 1, 'deploy.completed', at,
        jsonb_build_object('by', 'by hand', 'previewUrl', null, 'productionUrl', null) from moved
    )
    select id from moved`
}

const busyMicros = Number(process.env.BUSY_MICROS ?? 0)

const beBusy = (micros) => {
  const until = performance.now() + micros / 1000
  while (performance.now() < until) JSON.parse(JSON.stringify(statements))
}

/** All that is ready goes in one statement, one after the other. */
const makeLane = (pool) => {
  const waiting = { claim: [], step: [], end: [] }
  let busy = false
  const send = async () => {
    if (busy) return
    busy = true
    await new Promise(setImmediate)
    let kind
    while ((kind = Object.keys(waiting).find((each) => waiting[each].length > 0)) !== undefined) {
      const batch = waiting[kind]
      waiting[kind] = []
      beBusy(busyMicros * batch.length)
      const values = [batch.map(({ id }) => id), ...(kind === "step" ? [batch.map(({ step }) => step)] : [])]
      const { rows } = await pool.query({ name: kind, text: statements[kind], values })
      if (rows.length !== batch.length) throw new Error("A move was lost")
      for (const { done } of batch) done()
      await new Promise(setImmediate)
    }
    busy = false
  }
  return (kind, id, step) =>
    new Promise((done) => {
      waiting[kind].push({ id, step, done })
      void send()
    })
}

await measured(async (count, url) => {
  const pool = new Pool({ connectionString: url, max: 1 })
  const { rows } = await pool.query("select id from deploys.deploys where status = 'pending' order by id limit $1", [
    count
  ])
  const land = makeLane(pool)
  await each(count, async (n) => {
    const { id } = rows[n]
    await land("claim", id)
    for (let step = 0; step < 4; step++) await land("step", id, step)
    await land("end", id)
  })
  await pool.end()
})
process.exit()
