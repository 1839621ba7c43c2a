import { Effect, HashMap, Option } from "effect"
import type { StoreError } from "../../domain/DeployError.ts"
import type { ResourceName } from "../../list/DeployFields.ts"
import type { Filter } from "../../list/Filter.ts"
import type { Relatives } from "../../list/FilterPredicate.ts"
import type { Catalog } from "../../ports/Catalog.ts"
import type { State } from "./state.ts"

/** Rows of each resource by what leads to them: a row's own id, and of steps that of their deploy. */
type Tables = Readonly<Partial<Record<ResourceName, ReadonlyMap<unknown, ReadonlyArray<object>>>>>

const targets = (filter: Filter): ReadonlyArray<ResourceName> => {
  switch (filter._tag) {
    case "And":
    case "Or":
      return filter.filters.flatMap(targets)
    case "Related":
      return [filter.relation.target, ...targets(filter.filter)]
    default:
      return []
  }
}

const found = <Id, A, E>(
  ids: Iterable<Id>,
  look: (id: Id) => Effect.Effect<Option.Option<A>, E>
): Effect.Effect<ReadonlyArray<A>, E> =>
  Effect.map(Effect.forEach(new Set(ids), look, { concurrency: "unbounded" }), (rows) =>
    rows.flatMap((row) => Option.toArray(row))
  )

const table = (rows: ReadonlyArray<{ readonly id: string }>) => new Map(rows.map((row) => [row.id, [row]]))

const stepTable = (state: State): Tables => ({
  step: new Map(HashMap.toValues(state.deploys).map(({ deploy, steps }) => [deploy.id, steps]))
})

/** The rows of the catalog that deploys of this state lead to. */
const catalogTables = Effect.fnUntraced(function* (
  catalog: Catalog["Service"],
  state: State
): Effect.fn.Return<Tables, StoreError> {
  const deploys = HashMap.toValues(state.deploys).map(({ deploy }) => deploy)
  const origins = yield* found(
    deploys.map(({ buildId }) => buildId),
    catalog.build
  )
  const own = yield* found(
    deploys.map(({ entityId }) => entityId),
    catalog.entity
  )
  const entities = [...own, ...origins.map(({ entity }) => entity)]
  const sourceEvents = yield* found(
    deploys.flatMap(({ sourceEventId }) => sourceEventId ?? []),
    catalog.sourceEvent
  )
  const workspaces = yield* found(
    [...deploys, ...entities, ...sourceEvents].map(({ workspaceId }) => workspaceId),
    catalog.workspace
  )
  return {
    workspace: table(workspaces),
    entity: table(entities),
    version: table(origins.map(({ version }) => version)),
    build: table(origins.map(({ build }) => build)),
    sourceEvent: table(sourceEvents)
  }
})

/** What the relations of this filter lead to. The catalog is asked only where the filter leads into it. */
export const relativesFor = Effect.fnUntraced(function* (
  filter: Filter,
  state: State,
  catalog: Catalog["Service"]
): Effect.fn.Return<Relatives, StoreError> {
  const resources = new Set(targets(filter))
  const needsCatalog = [...resources].some((target) => target !== "step")
  const tables: Tables = {
    ...(resources.has("step") ? stepTable(state) : {}),
    ...(needsCatalog ? yield* catalogTables(catalog, state) : {})
  }
  return ({ local, target }, row) => tables[target]?.get(Reflect.get(row, local)) ?? []
})
