import type { ClaimRequest, StepId } from "@deploys/core"
import type { Database } from "../internal/Database.ts"
import { storedJson } from "../internal/storedJson.ts"

/**
 * Takes a deploy under the lock of its lane and then of itself. One row with the new epoch where the claim is won.
 *
 * An older pending deploy that ended while this waited for the lock still counts: the claim is then lost and can be made
 * again. Everything else is judged by the rows as they are under the lock, and every column that a constraint looks at is
 * set from them: an update checks its constraints on the row as the statement's snapshot has it before it sees a newer one.
 */
export const claimDeploy = ({ sql, table }: Database, request: ClaimRequest, stepIds: ReadonlyArray<StepId>) => sql<{
  epoch: number
  starts: boolean
}>`
  WITH lane AS MATERIALIZED (
    SELECT l.entity_id, l.active_deploy_id, l.hold IS NOT NULL AS held FROM ${table("lanes")} l
    WHERE l.entity_id = (SELECT entity_id FROM ${table("deploys")} WHERE id = ${request.deployId})
    FOR UPDATE
  ), locked AS MATERIALIZED (
    SELECT d.id, d.entity_id, d.sequence_number, d.trigger, d.status, d.settling, d.epoch, d.owner, d.lease_until, d.last_event,
      d.moved_at, d.started_at, d.completed_at, d.failure_code
    FROM ${table("deploys")} d WHERE d.id = ${request.deployId} AND EXISTS (SELECT FROM lane)
    FOR UPDATE
  ), won AS MATERIALIZED (
    SELECT d.id, d.entity_id, d.status, d.settling, d.failure_code, d.started_at, d.completed_at, d.last_event,
      d.status = 'pending' AS starts, d.trigger, d.epoch + 1 AS epoch,
      greatest(clock_timestamp(), d.moved_at) AS at
    FROM locked d CROSS JOIN lane
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
        d.lease_until IS NULL OR d.lease_until <= clock_timestamp() OR d.owner = ${request.owner}
      ELSE false
    END
  ), taken AS (
    UPDATE ${table("lanes")} l SET
      active_deploy_id = won.id,
      waiting = l.waiting - 1,
      waiting_auto = l.waiting_auto - (won.trigger = 'auto')::int,
      ready_at = NULL
    FROM won WHERE won.starts AND l.entity_id = won.entity_id
  ), claimed AS (
    UPDATE ${table("deploys")} d SET
      status = CASE WHEN won.starts THEN 'running' ELSE won.status END,
      settling = won.settling,
      failure_code = won.failure_code,
      started_at = coalesce(won.started_at, won.at),
      completed_at = won.completed_at,
      epoch = won.epoch,
      owner = ${request.owner},
      claimed_epoch = won.epoch,
      lease_until = clock_timestamp() + ${request.leaseMillis}::double precision * interval '1 millisecond',
      last_event = won.last_event + won.starts::int,
      moved_at = won.at
    FROM won WHERE d.id = won.id
  ), steps AS (
    INSERT INTO ${table("deploy_steps")} (id, deploy_id, index, name, cancellation, undoable)
    SELECT s.id, won.id, s.index, s.name, s.cancellation, s.undoable
    FROM won CROSS JOIN jsonb_to_recordset(${stepRows(request, stepIds)}::jsonb)
      AS s(id text, index integer, name text, cancellation text, undoable boolean)
    WHERE won.starts
  ), event AS (
    INSERT INTO ${table("deploy_events")} (deploy_id, sequence, epoch, type, at, data)
    SELECT won.id, won.last_event + 1, won.epoch, 'deploy.running', won.at,
      jsonb_build_object('by', ${request.owner}::text, 'epoch', won.epoch)
    FROM won WHERE won.starts
  )
  SELECT epoch, starts FROM won`

const stepRows = ({ steps }: ClaimRequest, stepIds: ReadonlyArray<StepId>) =>
  storedJson(
    steps.map(({ cancellation, name, undoable }, index) => ({
      id: stepIds[index],
      index,
      name,
      cancellation,
      undoable
    }))
  )
