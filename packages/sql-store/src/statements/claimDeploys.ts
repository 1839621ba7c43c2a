import { type ClaimRequest, Deploy, type StepId } from "@deploys/core"
import type { Statement } from "effect/sql"
import type { Database } from "../internal/Database.ts"
import { storedJson } from "../internal/storedJson.ts"
import { columns } from "../Rows.ts"
import { type GroupOptions, notified, patient } from "./notify.ts"

/** A request and the ids for the rows of its steps. */
export interface ClaimWithIds extends ClaimRequest {
  readonly stepIds: ReadonlyArray<StepId>
}

/** A claim that was won. The columns of its deploy stand beside these. */
export interface Claimed extends Record<string, unknown> {
  /** Its place among the requests. */
  readonly n: number
  readonly epoch: number
  readonly lastEvent: number
  /** Whether the deploy was pending. */
  readonly starts: boolean
  readonly startedFirstStep: boolean
}

/**
 * Takes deploys for their owners: one statement, so one commit. One row for each claim that is won.
 *
 * What is locked: the places of workspaces, then lanes, then deploys, each in one order. An older pending deploy that ended
 * while this waited for a lock still counts: the claim is then lost and can be made again. Everything else is judged by the
 * rows as they are under the lock, and every column that a constraint looks at is set from them: an update checks its
 * constraints on the row as the statement's snapshot has it before it sees a newer one.
 */
export const claimDeploys = (
  db: Database,
  requests: ReadonlyArray<ClaimWithIds>,
  { notices = [], patience }: GroupOptions = {}
) => {
  const { sql, table } = db
  return sql<Claimed>`
  WITH patience AS MATERIALIZED (${patient(db, patience)}
  ), request AS MATERIALIZED (${requestRows(db, requests)}
  ), places AS MATERIALIZED (${lockPlaces(db)}
  ), lane AS MATERIALIZED (
    SELECT l.entity_id, l.workspace_id, l.active_deploy_id, l.hold IS NOT NULL AS held FROM ${table("lanes")} l
    WHERE l.entity_id = ANY (ARRAY(
      SELECT d.entity_id FROM ${table("deploys")} d WHERE d.id = ANY (ARRAY(SELECT id FROM request))
    )) AND (SELECT count(*) FROM places) >= 0
    ORDER BY l.entity_id FOR UPDATE
  ), locked AS MATERIALIZED (
    SELECT d.id, d.entity_id, d.sequence_number, d.trigger, d.status, d.settling, d.epoch, d.owner, d.lease_until, d.last_event,
      d.moved_at, d.started_at, d.completed_at, d.failure_code
    FROM ${table("deploys")} d WHERE d.id = ANY (ARRAY(SELECT id FROM request)) AND (SELECT count(*) FROM lane) >= 0
    ORDER BY d.id FOR UPDATE
  ), fit AS MATERIALIZED (${fitting(db)}
  ), won AS MATERIALIZED (${placed(db)}
  ), taken AS (
    UPDATE ${table("lanes")} l SET
      active_deploy_id = won.id,
      waiting = l.waiting - 1,
      waiting_auto = l.waiting_auto - (won.trigger = 'auto')::int,
      ready_at = NULL
    FROM won WHERE won.starts AND l.entity_id = won.entity_id
  ), claimed AS (${updateDeploys(db)}
  ), begun AS (${insertSteps(db)}
  ), told AS (${insertEvents(db)}
  ), heard AS MATERIALIZED (${notified(db, notices)})
  SELECT ${columns(sql, "d", Deploy.fields)}, d.n, d.epoch, d.last_event AS "lastEvent", d.starts, d.first AS "startedFirstStep"
  FROM claimed d WHERE (SELECT count(*) FROM heard) >= 0`
}

const requestRows = ({ sql }: Database, requests: ReadonlyArray<ClaimWithIds>): Statement.Fragment => sql`
  SELECT * FROM jsonb_to_recordset(${storedJson(requests.map(requestRow))}::jsonb) AS r(
    n integer, id text, owner text, lease double precision, places integer, first boolean, steps jsonb
  ) CROSS JOIN patience`

const requestRow = (request: ClaimWithIds, n: number) => {
  const { deployId: id, leaseMillis: lease, maxRunningPerWorkspace: places = Infinity, owner, steps } = request
  return {
    n,
    id,
    owner,
    lease,
    // JSON has no infinity: any number of places is null.
    places: Number.isFinite(places) ? Math.floor(places) : null,
    first: request.startFirstStep === true && steps.length > 0,
    steps: steps.map(({ cancellation, name, undoable }, index) => ({
      id: request.stepIds[index],
      index,
      name,
      cancellation,
      undoable
    }))
  }
}

/** Places are counted, and nothing but a claim takes one: whoever counts them for a claim keeps others from it. */
const lockPlaces = ({ sql, table }: Database): Statement.Fragment => sql`
    SELECT pg_advisory_xact_lock(key) FROM (
      SELECT DISTINCT hashtextextended('deploys.places ' || d.workspace_id, 0) AS key
      FROM ${table("deploys")} d WHERE d.id = ANY (ARRAY(SELECT id FROM request WHERE places IS NOT NULL))
      ORDER BY key
    ) workspace`

/** Those that could be claimed if there were places for all. */
const fitting = ({ sql, table }: Database): Statement.Fragment => sql`
    SELECT r.n, r.owner, r.lease, r.places, r.steps, r.first AND d.status = 'pending' AS first, d.id, d.entity_id,
      lane.workspace_id, d.status, d.settling, d.failure_code, d.started_at, d.completed_at, d.last_event,
      d.status = 'pending' AS starts, d.trigger, d.epoch + 1 AS epoch, greatest(clock_timestamp(), d.moved_at) AS at
    FROM request r JOIN locked d ON d.id = r.id JOIN lane ON lane.entity_id = d.entity_id
    WHERE CASE
      WHEN d.status = 'pending' THEN lane.active_deploy_id IS NULL AND CASE
        WHEN lane.held THEN d.trigger <> 'auto' AND NOT EXISTS (
          SELECT FROM ${table("deploys")} o
          WHERE o.entity_id = d.entity_id AND o.status = 'pending' AND o.trigger <> 'auto'
            AND o.sequence_number < d.sequence_number
        )
        ELSE NOT EXISTS (
          SELECT FROM ${table("deploys")} o
          WHERE o.entity_id = d.entity_id AND o.status = 'pending' AND o.sequence_number < d.sequence_number
        )
      END
      WHEN d.status = 'running' OR d.settling THEN
        d.lease_until IS NULL OR d.lease_until <= clock_timestamp() OR d.owner = r.owner
      ELSE false
    END`

/**
 * Those of them that have a place. The function counts what others have committed up to now, which is after their lock was
 * waited for; this statement's own snapshot is from before. All counts are taken before the first lane is changed.
 */
const placed = ({ sql, table }: Database): Statement.Fragment => sql`
    SELECT * FROM (
      SELECT fit.*, row_number() OVER (PARTITION BY workspace_id, starts ORDER BY n) AS place FROM fit
    ) ranked
    WHERE NOT starts OR places IS NULL OR place + coalesce(((
      SELECT jsonb_object_agg(workspace_id, ${table("at_work")}(workspace_id))
      FROM (SELECT DISTINCT workspace_id FROM fit WHERE starts AND places IS NOT NULL) counted
    ) ->> workspace_id)::int, 0) <= places`

const updateDeploys = ({ sql, table }: Database): Statement.Fragment => sql`
    UPDATE ${table("deploys")} d SET
      status = CASE WHEN won.starts THEN 'running' ELSE won.status END,
      settling = won.settling,
      failure_code = won.failure_code,
      started_at = coalesce(won.started_at, won.at),
      completed_at = won.completed_at,
      epoch = won.epoch,
      owner = won.owner,
      claimed_epoch = won.epoch,
      lease_until = clock_timestamp() + won.lease * interval '1 millisecond',
      last_event = won.last_event + won.starts::int + won.first::int,
      moved_at = won.at
    FROM won WHERE d.id = won.id
    RETURNING d.*, won.n, won.starts, won.first`

const insertSteps = ({ sql, table }: Database): Statement.Fragment => sql`
    INSERT INTO ${table("deploy_steps")}
      (id, deploy_id, index, name, cancellation, undoable, status, attempt, starts, started_at)
    SELECT s.id, won.id, s.index, s.name, s.cancellation, s.undoable, CASE WHEN s.begins THEN 'running' ELSE 'pending' END,
      s.begins::int, s.begins::int, CASE WHEN s.begins THEN won.at END
    FROM won CROSS JOIN LATERAL (
      SELECT *, won.first AND index = 0 AS begins
      FROM jsonb_to_recordset(won.steps) AS r(id text, index integer, name text, cancellation text, undoable boolean)
    ) s
    WHERE won.starts`

const insertEvents = ({ sql, table }: Database): Statement.Fragment => sql`
    INSERT INTO ${table("deploy_events")} (deploy_id, sequence, epoch, type, at, data)
    SELECT id, last_event + 1, epoch, 'deploy.running', at, jsonb_build_object('by', owner, 'epoch', epoch)
    FROM won WHERE starts
    UNION ALL
    SELECT id, last_event + 2, epoch, 'step.running', at,
      jsonb_build_object('index', 0, 'name', steps -> 0 ->> 'name', 'attempt', 1)
    FROM won WHERE first`
