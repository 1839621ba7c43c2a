import type { DeployId, MovesPatch } from "@deploys/core"
import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import { storedJson } from "../internal/storedJson.ts"
import { iso } from "../Rows.ts"

/** What is to be changed of one deploy, and what the deploy has to be like for it. */
export interface Patch extends Omit<MovesPatch, "phase"> {
  readonly id: DeployId
  readonly epoch: number
  readonly after: number
  /** `open`: pending or running. */
  readonly phase: MovesPatch["phase"] | "open"
  /** Only with a cancel, which also raises the epoch. */
  readonly cancellation?: { readonly reason: string | null; readonly by: string }
}

/** A patch that landed: its place among those given, and when. */
export interface Landed {
  readonly n: number
  readonly at: string
}

/** Patches as rows, with their place among those given. */
export const patchRows = ({ sql }: Database, patches: ReadonlyArray<Patch>): Statement.Fragment => sql`
  SELECT * FROM jsonb_to_recordset(${storedJson(patches.map((patch, n) => ({ n, ...patch })))}::jsonb) AS r(
    n integer, id text, epoch integer, after integer, phase text, cancellation jsonb, events jsonb, steps jsonb,
    deploy jsonb
  )`

/**
 * Lands patches of several deploys: one statement, so one commit. A patch whose deploy is no longer as it says changes
 * nothing and is left out of the answer.
 *
 * Lanes are locked first and then deploys, each in order of id, also those that cease to be live: two statements never wait
 * for each other in a circle. Having waited, only the locked rows are fresh, so they alone decide; steps may be read from
 * before the wait, since whoever changes them raises the deploy's last event. Each deploy has one time for all that a patch
 * writes, read when its row is locked.
 */
export const landPatches = (db: Database, patches: ReadonlyArray<Patch>) => {
  const { sql, table } = db
  return sql<Landed>`
  WITH request AS MATERIALIZED (${patchRows(db, patches)}
  ), lane AS MATERIALIZED (
    SELECT l.entity_id, l.live_deploy_id FROM ${table("lanes")} l
    WHERE l.entity_id IN (
      SELECT d.entity_id FROM request r JOIN ${table("deploys")} d ON d.id = r.id
      WHERE r.deploy ->> 'end' IN ('live', 'over')
    )
    ORDER BY l.entity_id FOR UPDATE
  ), locked AS MATERIALIZED (
    SELECT d.id, d.entity_id, d.status, d.settling, d.epoch, d.last_event, d.moved_at FROM ${table("deploys")} d
    WHERE d.id = ANY (ARRAY(
      SELECT id FROM request UNION SELECT live_deploy_id FROM lane WHERE live_deploy_id IS NOT NULL
    ))
    ORDER BY d.id FOR UPDATE
  ), landed AS MATERIALIZED (
    SELECT r.n, r.events, r.steps, r.deploy, r.cancellation, r.deploy ->> 'end' AS ending, d.id, d.entity_id,
      d.last_event, d.epoch + (r.cancellation IS NOT NULL)::int AS epoch, d.status = 'pending' AS was_pending,
      r.deploy ? 'end' AND d.status IN ('pending', 'running') AS finishes,
      greatest(clock_timestamp(), d.moved_at) AS at
    FROM request r JOIN locked d ON d.id = r.id
    WHERE d.epoch = r.epoch AND d.last_event = r.after AND CASE r.phase
      WHEN 'running' THEN d.status = 'running'
      WHEN 'settling' THEN d.settling
      WHEN 'either' THEN d.status = 'running' OR d.settling
      WHEN 'open' THEN d.status IN ('pending', 'running')
    END
  ), moved AS (${updateDeploys(db)}
  ), retired AS (
    UPDATE ${table("deploys")} d SET is_live = false
    FROM landed JOIN lane USING (entity_id)
    WHERE landed.ending = 'live' AND d.id = lane.live_deploy_id AND d.id <> landed.id
  ), stepped AS (${updateSteps(db)}
  ), told AS (
    INSERT INTO ${table("deploy_events")} (deploy_id, sequence, epoch, type, at, data)
    SELECT landed.id, landed.last_event + e.n, landed.epoch, e.event ->> 'type', landed.at, e.event -> 'data'
    FROM landed CROSS JOIN jsonb_array_elements(landed.events) WITH ORDINALITY AS e(event, n)
  ), freed AS (${updateLanes(db)}
  )
  SELECT n, ${sql.literal(iso("at"))} AS at FROM landed`
}

const updateDeploys = ({ sql, table }: Database) => sql`
    UPDATE ${table("deploys")} d SET
      status = coalesce(landed.deploy ->> 'status', d.status),
      failure_code = coalesce(landed.deploy ->> 'failureCode', d.failure_code),
      error = coalesce(landed.deploy ->> 'error', d.error),
      preview_url = coalesce(landed.deploy ->> 'previewUrl', d.preview_url),
      production_url = coalesce(landed.deploy ->> 'productionUrl', d.production_url),
      metadata = d.metadata
        || CASE WHEN landed.deploy ? 'outcome'
          THEN jsonb_build_object('outcome', landed.deploy -> 'outcome') ELSE '{}' END
        || CASE WHEN landed.cancellation IS NOT NULL
          THEN jsonb_build_object(
            'cancellation', landed.cancellation || jsonb_build_object('at', ${sql.literal(iso("landed.at"))})
          ) ELSE '{}' END,
      completed_at = CASE WHEN landed.finishes THEN landed.at ELSE d.completed_at END,
      is_live = d.is_live OR coalesce(landed.ending = 'live', false),
      settling = CASE WHEN landed.ending IS NULL THEN d.settling ELSE landed.ending = 'settling' END,
      owner = CASE WHEN landed.ending IN ('live', 'over') THEN NULL ELSE d.owner END,
      claimed_epoch = CASE WHEN landed.ending IN ('live', 'over') THEN NULL ELSE d.claimed_epoch END,
      lease_until = CASE WHEN landed.ending IN ('live', 'over') THEN NULL ELSE d.lease_until END,
      epoch = landed.epoch,
      last_event = landed.last_event + jsonb_array_length(landed.events),
      moved_at = landed.at
    FROM landed WHERE d.id = landed.id`

const updateSteps = ({ sql, table }: Database) => sql`
    UPDATE ${table("deploy_steps")} s SET
      status = CASE
        WHEN change.patch ? 'status' THEN change.patch ->> 'status'
        WHEN change.unreached THEN 'cancelled'
        ELSE s.status
      END,
      attempt = coalesce((change.patch ->> 'attempt')::int, s.attempt),
      error = CASE WHEN change.patch ? 'error' THEN change.patch ->> 'error' ELSE s.error END,
      output = CASE WHEN change.patch ? 'output' THEN nullif(change.patch -> 'output', 'null') ELSE s.output END,
      starts = s.starts + coalesce(change.patch ? 'starts', false)::int,
      started_at = CASE WHEN change.patch ? 'starts' THEN coalesce(s.started_at, change.at) ELSE s.started_at END,
      completed_at = CASE WHEN change.patch ? 'ends' OR change.unreached THEN change.at ELSE s.completed_at END,
      compensated = coalesce(change.patch ->> 'compensated', s.compensated)
    FROM (
      SELECT landed.id, landed.at, t.index, patches.patch,
        landed.finishes AND coalesce(patches.patch ->> 'status', t.status) = 'pending' AS unreached
      FROM landed JOIN ${table("deploy_steps")} t ON t.deploy_id = landed.id
      LEFT JOIN LATERAL (
        SELECT p.patch FROM jsonb_array_elements(landed.steps) AS p(patch) WHERE (p.patch ->> 'index')::int = t.index
      ) patches ON true
      WHERE landed.finishes OR patches.patch IS NOT NULL
    ) change
    WHERE s.deploy_id = change.id AND s.index = change.index AND (change.unreached OR change.patch IS NOT NULL)`

/** A deploy that was pending leaves the queue; one that ran or settled gives the lane to the next. */
const updateLanes = ({ sql, table }: Database) => sql`
    UPDATE ${table("lanes")} l SET
      waiting = l.waiting - landed.was_pending::int,
      ready_at = CASE
        WHEN l.waiting = landed.was_pending::int THEN NULL
        WHEN landed.was_pending THEN l.ready_at
        ELSE landed.at
      END,
      active_deploy_id = CASE WHEN landed.was_pending THEN l.active_deploy_id END,
      live_deploy_id = CASE WHEN landed.ending = 'live' THEN landed.id ELSE l.live_deploy_id END
    FROM landed WHERE l.entity_id = landed.entity_id AND landed.ending IN ('live', 'over')`
