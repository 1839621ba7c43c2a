import { Deploy, DeployEvent, DeployId, EntityId, type EntityId as Entity, Lane, StepRecord } from "@deploys/core"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

/** A deploy's row with what the engine keeps beside the domain's fields. */
export const DeployRow = Schema.Struct({
  ...Deploy.fields,
  settling: Schema.Boolean,
  epoch: Schema.Natural,
  owner: Schema.NullOr(Schema.String),
  lastEvent: Schema.Natural
})
export interface DeployRow extends Schema.Schema.Type<typeof DeployRow> {}

/** An event, and the epoch under which it was written. */
export type EventRow = typeof EventRow.Type
const EventRow = Schema.Struct({ epoch: Schema.Natural, event: DeployEvent })

const LaneRow = Schema.Struct({
  entityId: EntityId,
  lastSequence: Lane.fields.lastSequence,
  liveDeployId: Lane.fields.liveDeployId,
  activeDeployId: Schema.NullOr(DeployId),
  waiting: Schema.Natural
})
export interface LaneRow extends Schema.Schema.Type<typeof LaneRow> {}

/** A deploy and all that belongs to it. */
export interface Kept {
  readonly deploy: DeployRow
  readonly steps: ReadonlyArray<StepRecord>
  readonly events: ReadonlyArray<EventRow>
}

/** What the target serves, and what it has made. */
export interface Served {
  readonly live: ReadonlyMap<Entity, DeployId>
  readonly made: ReadonlySet<DeployId>
  /** Entities on which a process took effect after another one had gone on with its deploy, which no store prevents. */
  readonly strays: ReadonlySet<Entity>
}

/** What callers were answered. */
export interface Answers {
  readonly creates: ReadonlyArray<{ readonly key: string | null; readonly deployId: DeployId }>
  readonly cancels: ReadonlyArray<{ readonly deployId: DeployId; readonly at: string; readonly by: string }>
}

/** All that is known when a run is over. */
export interface Snapshot {
  readonly deploys: ReadonlyArray<Kept>
  readonly lanes: ReadonlyArray<LaneRow>
  readonly answers: Answers
  /** Null where no target is looked at. */
  readonly served: Served | null
}

const columnOf = (field: string) => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const isTime = (field: string) => field === "at" || field.endsWith("At")

/** The columns of a table under the names of the fields, times as the domain writes them. */
const columns = (fields: Readonly<Record<string, unknown>>) =>
  Object.keys(fields)
    .map((field) => {
      const column = columnOf(field)
      const value = isTime(field) ? `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` : column
      return `${value} AS "${field}"`
    })
    .join(", ")

const grouped = <A, K>(rows: ReadonlyArray<A>, keyOf: (row: A) => K): ReadonlyMap<K, ReadonlyArray<A>> => {
  const groups = new Map<K, Array<A>>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group === undefined) groups.set(keyOf(row), [row])
    else group.push(row)
  }
  return groups
}

const EventColumns = Schema.Struct({
  deployId: DeployId,
  sequence: Schema.Int,
  epoch: Schema.Natural,
  type: Schema.String,
  at: Schema.String,
  data: Schema.Json
})

const rows = <A>(schema: Schema.Codec<A, unknown>, from: string, fields: Readonly<Record<string, unknown>>) =>
  Effect.flatMap(
    SqlClient.SqlClient.use((sql) => sql.unsafe(`SELECT ${columns(fields)} FROM deploys.${from}`)),
    Schema.decodeUnknownEffect(Schema.Array(schema))
  )

const eventRow = ({ epoch, ...event }: typeof EventColumns.Type) =>
  Schema.decodeUnknownEffect(EventRow)({ epoch, event })

/** Reads everything that the store keeps, in one transaction. */
export const readSnapshot = Effect.fnUntraced(
  function* (answers: Answers, served: Served | null) {
    const deploys = yield* rows(DeployRow, "deploys ORDER BY entity_id, sequence_number", DeployRow.fields)
    const steps = yield* rows(StepRecord, "deploy_steps ORDER BY deploy_id, index", StepRecord.fields)
    const columnsOfEvents = yield* rows(EventColumns, "deploy_events ORDER BY deploy_id, sequence", {
      ...EventColumns.fields,
      at: null
    })
    const lanes = yield* rows(LaneRow, "lanes", LaneRow.fields)
    const events = grouped(yield* Effect.forEach(columnsOfEvents, eventRow), ({ event }) => event.deployId)
    const stepsOf = grouped(steps, ({ deployId }) => deployId)
    const snapshot: Snapshot = {
      deploys: deploys.map((deploy) => ({
        deploy,
        steps: stepsOf.get(deploy.id) ?? [],
        events: events.get(deploy.id) ?? []
      })),
      lanes,
      answers,
      served
    }
    return snapshot
  },
  (read) => SqlClient.SqlClient.use((sql) => sql.withTransaction(read))
)
