import type { DeployId, MovesPatch } from "@deploys/core"
import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import { storedJson } from "../internal/storedJson.ts"
import { iso } from "../Rows.ts"
import { type GroupOptions, notified, patient } from "./notify.ts"

/** What is to be changed of one deploy, and what the deploy has to be like for it. */
export interface Patch extends Omit<MovesPatch, "phase"> {
  readonly id: DeployId
  readonly epoch: number
  readonly after: number
  /** `open`: pending or running, for an end from outside, which also raises the epoch. */
  readonly phase: MovesPatch["phase"] | "open"
  /** Only with a cancel. */
  readonly cancellation?: { readonly reason: string | null; readonly by: string }
  /** Only where the deploy goes live: what becomes of the pending deploys with a lower number. */
  readonly superseding?: MovesPatch
}

/** A patch that landed: its place among those given, and when. */
export interface Landed {
  readonly n: number
  readonly at: string
  /** Pending deploys that it superseded. */
  readonly superseded: ReadonlyArray<DeployId>
}

/** Patches as rows, with their place among those given. */
export const patchRows = ({ sql }: Database, patches: ReadonlyArray<Patch>): Statement.Fragment => sql`
  SELECT * FROM jsonb_to_recordset(${storedJson(patches.map((patch, n) => ({ n, ...patch })))}::jsonb) AS r(
    n integer, id text, epoch integer, after integer, phase text, cancellation jsonb, events jsonb, steps jsonb,
    deploy jsonb, superseding jsonb
  )`

/**
 * Lands patches of several deploys: one statement, so one commit. A patch whose deploy is no longer as it says changes
 * nothing and is left out of the answer.
 *
 * Lanes are locked first and then deploys, each in order of id, also those that cease to be live or are superseded: two
 * statements never wait for each other in a circle. Having waited, only the locked rows are fresh, so they alone decide;
 * steps may be read from before the wait, since whoever changes them raises the deploy's last event. Each deploy has one
 * time for all that a patch writes, read when its row is locked.
 *
 * Most moves end nothing, and what an end has to do with lanes and other deploys is left out of their statement: a part
 * that finds no row has to be started all the same, which takes the database longer than the move itself.
 */
export const landPatches = (
  db: Database,
  patches: ReadonlyArray<Patch>,
  { notices = [], patience }: GroupOptions = {}
) => {
  const { sql, table } = db
  const parts = patches.some(({ deploy }) => deploy.end !== undefined) ? endingParts(db) : plainParts(db)
  return sql<Landed>`
  WITH patience AS MATERIALIZED (${patient(db, patience)}
  ), request AS MATERIALIZED (SELECT asked.* FROM (${patchRows(db, patches)}) asked CROSS JOIN patience
  )${parts.before}, locked AS MATERIALIZED (
    SELECT d.id, d.entity_id, d.sequence_number, d.trigger, d.status, d.settling, d.epoch, d.last_event, d.moved_at
    FROM ${table("deploys")} d WHERE ${parts.toLock}
    ORDER BY d.id FOR UPDATE
  ), landed AS MATERIALIZED (
    SELECT r.n, r.superseding, r.events, r.steps, r.deploy, r.cancellation, r.deploy ->> 'end' AS ending, d.id,
      d.entity_id, d.sequence_number, d.trigger, d.last_event, d.epoch + (r.phase = 'open')::int AS epoch,
      d.status = 'pending' AS was_pending, r.deploy ? 'end' AND d.status IN ('pending', 'running') AS finishes,
      greatest(clock_timestamp(), d.moved_at) AS at
    FROM request r JOIN locked d ON d.id = r.id
    WHERE d.epoch = r.epoch AND d.last_event = r.after AND CASE r.phase
      WHEN 'running' THEN d.status = 'running'
      WHEN 'settling' THEN d.settling
      WHEN 'either' THEN d.status = 'running' OR d.settling
      WHEN 'open' THEN d.status IN ('pending', 'running')
    END
  ), changed AS ${parts.changed}, moved AS (
    UPDATE ${table("deploys")} d SET
      preview_url = coalesce(changed.deploy ->> 'previewUrl', d.preview_url),
      epoch = changed.epoch,
      last_event = changed.last_event + jsonb_array_length(changed.events),
      moved_at = changed.at${parts.alsoSet}
    FROM changed WHERE d.id = changed.id
  ), stepped AS (
    UPDATE ${table("deploy_steps")} s SET
      status = coalesce(patch ->> 'status', s.status),
      attempt = coalesce((patch ->> 'attempt')::int, s.attempt),
      error = CASE WHEN patch ? 'error' THEN patch ->> 'error' ELSE s.error END,
      output = CASE WHEN patch ? 'output' THEN nullif(patch -> 'output', 'null') ELSE s.output END,
      starts = s.starts + (patch ? 'starts')::int,
      started_at = CASE WHEN patch ? 'starts' THEN coalesce(s.started_at, changed.at) ELSE s.started_at END,
      completed_at = CASE WHEN patch ? 'ends' THEN changed.at ELSE s.completed_at END,
      compensated = coalesce(patch ->> 'compensated', s.compensated)
    FROM changed CROSS JOIN jsonb_array_elements(changed.steps) AS patch
    WHERE s.deploy_id = changed.id AND s.index = (patch -> 'index')::int
  ), told AS (
    INSERT INTO ${table("deploy_events")} (deploy_id, sequence, epoch, type, at, data)
    SELECT changed.id, changed.last_event + e.n, changed.epoch, e.event ->> 'type', changed.at, e.event -> 'data'
    FROM changed CROSS JOIN jsonb_array_elements(changed.events) WITH ORDINALITY AS e(event, n)
  )${parts.after}, heard AS MATERIALIZED (${notified(db, notices)})
  SELECT n, ${sql.literal(iso("at"))} AS at, ${parts.superseded} AS superseded
  FROM landed WHERE (SELECT count(*) FROM heard) >= 0`
}

/** In what the statement differs where a patch ends its deploy. */
interface Parts {
  /** What is locked before the deploys. */
  readonly before: Statement.Fragment
  readonly toLock: Statement.Fragment
  /** All that changes: what was asked for, and what becomes of other deploys by it. */
  readonly changed: Statement.Fragment
  readonly alsoSet: Statement.Fragment
  /** What changes beside the deploys, their steps and events. */
  readonly after: Statement.Fragment
  /** Ids of the deploys that a patch superseded. */
  readonly superseded: Statement.Fragment
}

const plainParts = ({ sql }: Database): Parts => ({
  before: sql.literal(""),
  toLock: sql`d.id = ANY (ARRAY(SELECT id FROM request))`,
  changed: sql`NOT MATERIALIZED (SELECT * FROM landed)`,
  alsoSet: sql.literal(""),
  after: sql.literal(""),
  superseded: sql.literal("'{}'::text[]")
})

const endingParts = (db: Database): Parts => {
  const { sql, table } = db
  return {
    // The count of the lanes has them locked before the first deploy, also where nothing else asks for them.
    before: sql`, lane AS MATERIALIZED (
    SELECT l.entity_id, l.live_deploy_id, l.active_deploy_id, l.waiting, l.waiting_auto, l.ready_at, l.hold, l.hold_sequence
    FROM ${table("lanes")} l
    WHERE l.entity_id = ANY (ARRAY(
      SELECT d.entity_id FROM ${table("deploys")} d
      WHERE d.id = ANY (ARRAY(SELECT id FROM request WHERE deploy ->> 'end' IN ('live', 'over')))
    ))
    ORDER BY l.entity_id FOR UPDATE
  ), older AS MATERIALIZED (
    SELECT o.id, r.n FROM request r
    JOIN ${table("deploys")} d ON d.id = r.id
    JOIN lane ON lane.entity_id = d.entity_id AND lane.waiting > 0
    JOIN ${table("deploys")} o
      ON o.entity_id = d.entity_id AND o.status = 'pending' AND o.sequence_number < d.sequence_number
    WHERE r.superseding IS NOT NULL
  )`,
    toLock: sql`d.id = ANY (ARRAY(
      SELECT id FROM request UNION SELECT id FROM older UNION SELECT live_deploy_id FROM lane
      WHERE live_deploy_id IS NOT NULL AND EXISTS (SELECT FROM request WHERE deploy ->> 'end' = 'live')
    )) AND (SELECT count(*) FROM lane) >= 0`,
    changed: sql`MATERIALIZED (
    SELECT n, NULL::jsonb AS superseding, events, steps, deploy, cancellation, ending, id, entity_id, sequence_number,
      trigger, last_event, epoch, was_pending, finishes, at
    FROM landed
    UNION ALL
    SELECT landed.n, landed.superseding, landed.superseding -> 'events', '[]', landed.superseding -> 'deploy', NULL,
      landed.superseding -> 'deploy' ->> 'end', o.id, o.entity_id, o.sequence_number, o.trigger, o.last_event,
      o.epoch + 1, true, true, greatest(clock_timestamp(), o.moved_at)
    FROM landed JOIN older USING (n) JOIN locked o ON o.id = older.id AND o.status = 'pending'
  )`,
    alsoSet: setEnd(db),
    after: sql`, retired AS (
    UPDATE ${table("deploys")} d SET is_live = false
    FROM changed JOIN lane USING (entity_id)
    WHERE changed.ending = 'live' AND d.id = lane.live_deploy_id AND d.id <> changed.id
  ), unreached AS (
    UPDATE ${table("deploy_steps")} s SET status = 'cancelled', completed_at = changed.at
    FROM changed
    WHERE changed.finishes AND s.deploy_id = changed.id AND s.status = 'pending'
      AND NOT changed.steps @> jsonb_build_array(jsonb_build_object('index', s.index))
  ), freed AS (${updateLanes(db)}
  )`,
    superseded: sql`ARRAY(SELECT o.id FROM changed o WHERE o.n = landed.n AND o.superseding IS NOT NULL)`
  }
}

const setEnd = ({ sql }: Database) => sql`,
      status = coalesce(changed.deploy ->> 'status', d.status),
      failure_code = coalesce(changed.deploy ->> 'failureCode', d.failure_code),
      error = coalesce(changed.deploy ->> 'error', d.error),
      production_url = coalesce(changed.deploy ->> 'productionUrl', d.production_url),
      metadata = d.metadata
        || CASE WHEN changed.deploy ? 'outcome'
          THEN jsonb_build_object('outcome', changed.deploy -> 'outcome') ELSE '{}' END
        || CASE WHEN changed.deploy ? 'supersededBy'
          THEN jsonb_build_object('supersededBy', changed.deploy -> 'supersededBy') ELSE '{}' END
        || CASE WHEN changed.cancellation IS NOT NULL
          THEN jsonb_build_object(
            'cancellation', changed.cancellation || jsonb_build_object('at', ${sql.literal(iso("changed.at"))})
          ) ELSE '{}' END,
      completed_at = CASE WHEN changed.finishes THEN changed.at ELSE d.completed_at END,
      is_live = d.is_live OR coalesce(changed.ending = 'live', false),
      settling = CASE WHEN changed.ending IS NULL THEN d.settling ELSE changed.ending = 'settling' END,
      owner = CASE WHEN changed.ending IN ('live', 'over') THEN NULL ELSE d.owner END,
      claimed_epoch = CASE WHEN changed.ending IN ('live', 'over') THEN NULL ELSE d.claimed_epoch END,
      lease_until = CASE WHEN changed.ending IN ('live', 'over') THEN NULL ELSE d.lease_until END`

/** Deploys that were pending leave the queue; one that ran or settled gives the lane to the next. */
const updateLanes = ({ sql, table }: Database) => sql`
    UPDATE ${table("lanes")} l SET
      waiting = change.waiting,
      waiting_auto = change.waiting_auto,
      active_deploy_id = change.active_deploy_id,
      live_deploy_id = coalesce(change.went_live, l.live_deploy_id),
      hold = change.hold,
      hold_sequence = change.hold_sequence,
      ready_at = CASE
        WHEN change.active_deploy_id IS NULL
          AND change.waiting > CASE WHEN change.hold_sequence IS NULL THEN 0 ELSE change.waiting_auto END
        THEN coalesce(change.ready_at, change.at)
      END
    FROM (
      SELECT lane.entity_id, lane.ready_at, gone.at, gone.went_live, lane.waiting - gone.pending AS waiting,
        lane.waiting_auto - gone.automatic AS waiting_auto,
        CASE WHEN NOT gone.frees THEN lane.active_deploy_id END AS active_deploy_id,
        CASE WHEN gone.manual > lane.hold_sequence THEN NULL ELSE lane.hold END AS hold,
        CASE WHEN gone.manual > lane.hold_sequence THEN NULL ELSE lane.hold_sequence END AS hold_sequence
      FROM lane JOIN (
        SELECT entity_id, max(at) AS at, bool_or(NOT was_pending) AS frees,
          count(*) FILTER (WHERE was_pending)::int AS pending,
          count(*) FILTER (WHERE was_pending AND trigger = 'auto')::int AS automatic,
          max(id) FILTER (WHERE ending = 'live') AS went_live,
          max(sequence_number) FILTER (WHERE ending = 'live' AND trigger = 'manual') AS manual
        FROM changed WHERE ending IN ('live', 'over') GROUP BY entity_id
      ) gone USING (entity_id)
    ) change
    WHERE l.entity_id = change.entity_id`
