import type { Migration } from "../Migrations.ts"

/**
 * Text is `COLLATE "C"` throughout: it compares by code point, as it does in memory, whatever the database's own order is.
 *
 * Rows of the engine have no foreign key into the catalog, since the catalog may be the host's.
 */
const text = `text COLLATE "C"`

const oneOf = (column: string, values: ReadonlyArray<string>) =>
  `CHECK (${column} IN (${values.map((value) => `'${value}'`).join(", ")}))`

const catalog = (s: string) => [
  `CREATE TABLE ${s}.workspaces (
  id ${text} PRIMARY KEY,
  name ${text} NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`,
  `CREATE TABLE ${s}.entities (
  id ${text} PRIMARY KEY,
  workspace_id ${text} NOT NULL REFERENCES ${s}.workspaces (id),
  kind ${text} NOT NULL,
  name ${text} NOT NULL CONSTRAINT entities_name_key UNIQUE,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`,
  // Entities of some workspaces, the oldest first.
  `CREATE INDEX entities_workspace ON ${s}.entities (workspace_id, created_at, id)`,
  `CREATE TABLE ${s}.versions (
  id ${text} PRIMARY KEY,
  entity_id ${text} NOT NULL REFERENCES ${s}.entities (id),
  name ${text} NOT NULL,
  is_default boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT versions_entity_name_key UNIQUE (entity_id, name)
)`,
  // At most one default; also the way from an entity to it.
  `CREATE UNIQUE INDEX versions_default ON ${s}.versions (entity_id) WHERE is_default`,
  `CREATE TABLE ${s}.builds (
  id ${text} PRIMARY KEY,
  version_id ${text} NOT NULL REFERENCES ${s}.versions (id),
  status ${text} NOT NULL ${oneOf("status", ["queued", "running", "completed", "failed"])},
  artifact ${text},
  branch ${text},
  commit_sha ${text},
  commit_message ${text},
  error ${text},
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  completed_at timestamptz
)`,
  // A version's builds, the newest first: the list, and the latest completed one.
  `CREATE INDEX builds_version ON ${s}.builds (version_id, created_at DESC, id DESC)`,
  `CREATE TABLE ${s}.source_events (
  id ${text} PRIMARY KEY,
  workspace_id ${text} NOT NULL REFERENCES ${s}.workspaces (id),
  kind ${text} NOT NULL,
  payload jsonb NOT NULL DEFAULT 'null',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`
]

/**
 * A lane is the engine's record of an entity: its row is the lock under which its deploys are numbered, claimed and ended.
 *
 * `active_deploy_id` runs or settles. `waiting` counts what is pending, `waiting_auto` the automatic ones among it. `ready_at`
 * is when a pending deploy could first be claimed, null while none can: what can be claimed is found without looking at the
 * queues behind it. `hold_sequence` is the number of the deploy that the hold came with.
 */
const lanes = (s: string) => [
  `CREATE TABLE ${s}.lanes (
  entity_id ${text} PRIMARY KEY,
  workspace_id ${text} NOT NULL,
  last_sequence integer NOT NULL DEFAULT 0 CHECK (last_sequence >= 0),
  live_deploy_id ${text},
  active_deploy_id ${text},
  waiting integer NOT NULL DEFAULT 0 CHECK (waiting >= 0),
  waiting_auto integer NOT NULL DEFAULT 0 CHECK (waiting_auto BETWEEN 0 AND waiting),
  ready_at timestamptz,
  hold jsonb,
  hold_sequence integer,
  queue_policy ${text} NOT NULL DEFAULT 'queue' ${oneOf("queue_policy", ["queue", "latest", "replace"])},
  CONSTRAINT lanes_hold_check CHECK ((hold IS NULL) = (hold_sequence IS NULL)),
  CONSTRAINT lanes_ready_check CHECK (
    (ready_at IS NOT NULL) = (active_deploy_id IS NULL AND waiting > CASE WHEN hold IS NULL THEN 0 ELSE waiting_auto END)
  )
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)`,
  // Lanes that are ready, by workspace, so that a busy workspace can be passed over and each one be served in turn.
  `CREATE INDEX lanes_ready ON ${s}.lanes (workspace_id, ready_at, entity_id) WHERE ready_at IS NOT NULL`
]

/**
 * `epoch` fences every write; `claimed_epoch` is the one that `owner` knows of, so that an owner is told by their difference
 * that somebody cancelled. `last_event` numbers the events. `moved_at` is the time of the last move, below which none is
 * written, since a clock may go backwards.
 *
 * There is no unique index for `is_live`: it would be checked row by row while one goes live and the other leaves, in
 * either order. The lane's `live_deploy_id` says which one is live.
 */
const deploys = (s: string) => [
  `CREATE TABLE ${s}.deploys (
  id ${text} PRIMARY KEY,
  workspace_id ${text} NOT NULL,
  entity_id ${text} NOT NULL REFERENCES ${s}.lanes (entity_id),
  sequence_number integer NOT NULL CHECK (sequence_number > 0),
  build_id ${text} NOT NULL,
  status ${text} NOT NULL ${oneOf("status", ["pending", "running", "completed", "failed"])},
  trigger ${text} NOT NULL ${oneOf("trigger", ["auto", "manual", "rollback"])},
  source_event_id ${text},
  production_url ${text},
  preview_url ${text},
  error ${text},
  metadata jsonb NOT NULL DEFAULT '{}',
  created_by ${text} NOT NULL,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz NOT NULL,
  failure_code ${text} ${oneOf("failure_code", [
    "cancelled",
    "superseded",
    "timed_out",
    "step_failed",
    "target_rejected",
    "artifact_invalid",
    "plan_changed"
  ])},
  is_live boolean NOT NULL DEFAULT false,
  settling boolean NOT NULL DEFAULT false,
  epoch integer NOT NULL DEFAULT 0 CHECK (epoch >= 0),
  owner ${text},
  claimed_epoch integer,
  lease_until timestamptz,
  last_event integer NOT NULL DEFAULT 0 CHECK (last_event >= 0),
  moved_at timestamptz NOT NULL,
  CONSTRAINT deploys_entity_sequence_key UNIQUE (entity_id, sequence_number),
  CONSTRAINT deploys_failure_check CHECK ((status = 'failed') = (failure_code IS NOT NULL)),
  CONSTRAINT deploys_started_check CHECK (
    CASE status WHEN 'pending' THEN started_at IS NULL WHEN 'failed' THEN true ELSE started_at IS NOT NULL END
  ),
  CONSTRAINT deploys_completed_check CHECK ((status IN ('completed', 'failed')) = (completed_at IS NOT NULL)),
  CONSTRAINT deploys_times_check CHECK (
    started_at >= created_at AND completed_at >= coalesce(started_at, created_at)
  ),
  CONSTRAINT deploys_live_check CHECK (NOT is_live OR status = 'completed'),
  CONSTRAINT deploys_settling_check CHECK (NOT settling OR (status = 'failed' AND started_at IS NOT NULL)),
  CONSTRAINT deploys_owner_check CHECK (owner IS NULL OR status = 'running' OR settling)
) WITH (
  -- Room on each page for the next version of its rows: most moves touch no indexed column, and then write no index.
  fillfactor = 85,
  -- Counts read the index alone only where vacuum has passed, and every deploy is updated several times.
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_analyze_scale_factor = 0.02
)`,
  // The default list of one workspace.
  `CREATE INDEX deploys_workspace ON ${s}.deploys (workspace_id, created_at DESC, id DESC)`,
  // The same by status. Without it a status that few rows have is searched for in the whole workspace.
  `CREATE INDEX deploys_workspace_status ON ${s}.deploys (workspace_id, status, created_at DESC, id DESC)`,
  // The default list of those who see every workspace.
  `CREATE INDEX deploys_created ON ${s}.deploys (created_at DESC, id DESC)`,
  // The deploys of one entity, the newest first.
  `CREATE INDEX deploys_entity ON ${s}.deploys (entity_id, created_at DESC, id DESC)`,
  // The deploys of one build.
  `CREATE INDEX deploys_build ON ${s}.deploys (build_id, created_at DESC, id DESC)`,
  // The oldest pending deploy of an entity.
  `CREATE INDEX deploys_pending ON ${s}.deploys (entity_id, sequence_number) WHERE status = 'pending'`,
  // The same of an entity with a hold, however many automatic ones are held.
  `CREATE INDEX deploys_pending_unheld ON ${s}.deploys (entity_id, sequence_number)
  WHERE status = 'pending' AND trigger <> 'auto'`,
  // One source event, one automatic deploy of an entity.
  `CREATE UNIQUE INDEX deploys_source_event ON ${s}.deploys (entity_id, source_event_id) WHERE trigger = 'auto'`,
  // One entity runs one deploy at a time, whatever a bug elsewhere tries.
  `CREATE UNIQUE INDEX deploys_one_running ON ${s}.deploys (entity_id) WHERE status = 'running'`,
  // Deploys under a lease. The lease itself is in no index: renewing it then writes none.
  `CREATE INDEX deploys_leased ON ${s}.deploys (id) WHERE status = 'running' OR settling`
]

/** The `epoch` that an event was written under tells a repeated request from another runner's that looks the same. */
const stepsAndEvents = (s: string) => [
  `CREATE TABLE ${s}.deploy_steps (
  id ${text} NOT NULL,
  deploy_id ${text} NOT NULL REFERENCES ${s}.deploys (id) ON DELETE CASCADE,
  index integer NOT NULL CHECK (index >= 0),
  name ${text} NOT NULL,
  status ${text} NOT NULL DEFAULT 'pending' ${oneOf("status", [
    "pending",
    "running",
    "completed",
    "failed",
    "cancelled",
    "discarded"
  ])},
  attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  error ${text},
  output jsonb,
  started_at timestamptz,
  completed_at timestamptz,
  cancellation ${text} NOT NULL ${oneOf("cancellation", ["interrupt", "discard"])},
  undoable boolean NOT NULL,
  starts integer NOT NULL DEFAULT 0 CHECK (starts >= 0),
  compensated ${text} ${oneOf("compensated", ["prevented", "settling", "discarded", "reverted", "unresolved"])},
  PRIMARY KEY (deploy_id, index)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)`,
  // Deploys with a step that went wrong, which few are: found from the step, not by looking at every deploy.
  `CREATE INDEX deploy_steps_wrong ON ${s}.deploy_steps (status, deploy_id)
  WHERE status IN ('failed', 'cancelled', 'discarded')`,
  `CREATE TABLE ${s}.deploy_events (
  deploy_id ${text} NOT NULL REFERENCES ${s}.deploys (id) ON DELETE CASCADE,
  sequence integer NOT NULL CHECK (sequence > 0),
  epoch integer NOT NULL DEFAULT 0,
  type ${text} NOT NULL,
  at timestamptz NOT NULL,
  data jsonb NOT NULL,
  PRIMARY KEY (deploy_id, sequence)
)`
]

const access = (s: string) => [
  `CREATE TABLE ${s}.idempotency_keys (
  principal ${text} NOT NULL,
  key ${text} NOT NULL,
  request_hash bytea NOT NULL,
  deploy_id ${text} NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (principal, key)
)`,
  // Keys past their time, to be deleted.
  `CREATE INDEX idempotency_keys_created ON ${s}.idempotency_keys (created_at)`,
  // Of a token only its SHA-256 is kept; `prefix` is what a person recognises it by. Rights are those of a principal:
  // in every workspace, and by workspace besides.
  `CREATE TABLE ${s}.api_tokens (
  id ${text} PRIMARY KEY,
  hash bytea NOT NULL CONSTRAINT api_tokens_hash_key UNIQUE CHECK (octet_length(hash) = 32),
  prefix ${text} NOT NULL,
  name ${text} NOT NULL,
  subject ${text} NOT NULL,
  everywhere jsonb NOT NULL CHECK (jsonb_typeof(everywhere) = 'array'),
  workspaces jsonb NOT NULL CHECK (jsonb_typeof(workspaces) = 'object'),
  created_by ${text} NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
)`
]

/** The first schema. */
export const init: Migration = {
  id: 1,
  name: "init",
  statements: (s) => [...catalog(s), ...lanes(s), ...deploys(s), ...stepsAndEvents(s), ...access(s)]
}
