import { Build, type Deploy, DeployStep, Entity, SourceEvent, Version, Workspace, WorkspaceId } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { deployRow, instant } from "../../../packages/core/test/list/rows.ts"
import { listAll } from "../../../packages/core/src/list/ListAll.ts"
import { Lists } from "../Lists.ts"

export { deployRow, instant }

export const workspaceA = WorkspaceId.make("ws_a")
export const workspaceB = WorkspaceId.make("ws_b")

const createdAt = instant(0)
const number = (n: number) => String(n).padStart(26, "0")

const decoded =
  <A>(schema: Schema.Codec<A, unknown>) =>
  (row: unknown): A =>
    Schema.decodeUnknownSync(schema)(row)

const rowOf =
  <A extends object>(schema: Schema.Codec<A, unknown>, defaults: object) =>
  (fields: Readonly<Record<string, unknown>>) => ({ ...decoded(schema)({ ...defaults, ...fields }) })

/** A step of the deploy with this number; steps of a deploy are told apart by their index. */
export const stepRow = (deploy: number, index: number, fields: Readonly<Record<string, unknown>> = {}) =>
  rowOf(DeployStep, {
    id: `stp_${number(deploy * 100 + index)}`,
    deployId: deployRow(deploy).id,
    index,
    name: "upload",
    status: "completed",
    attempt: 1,
    error: null,
    output: null,
    startedAt: null,
    completedAt: null
  })(fields)

export const workspaceRow = rowOf(Workspace, { name: "", createdAt })
export const entityRow = rowOf(Entity, { workspaceId: "ws_a", kind: "app", name: "", createdAt })
export const versionRow = rowOf(Version, { entityId: "app_1", name: "main", isDefault: true, createdAt })
export const sourceEventRow = rowOf(SourceEvent, { workspaceId: "ws_a", kind: "push", payload: {}, createdAt })
export const buildRow = rowOf(Build, {
  versionId: "ver_1",
  status: "completed",
  artifact: null,
  branch: null,
  commitSha: null,
  commitMessage: null,
  error: null,
  createdAt,
  completedAt: null
})

export const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, i) => from + i)

/** The numbers of the deploys on a page, in its order. */
export const numbersOf = ({ data }: { readonly data: ReadonlyArray<Deploy> }) =>
  data.map(({ sequenceNumber }) => sequenceNumber)

/** The page that is asked for. */
export const list = (options: object, scope?: Parameters<Lists["Service"]["list"]>[1]) =>
  Lists.use((lists) => lists.list(options, scope))

/** The numbers of the deploys that a filter lets through, the smallest first. */
export const matching = (filter: object) =>
  Effect.map(list({ filter, orderBy: [{ sequenceNumber: "asc" }] }), numbersOf)

/** The pages of a list, from one end to the other. */
export const pages = Effect.fnUntraced(function* (options: object) {
  const found = [yield* list(options)]
  for (let last = found.at(-1); last?.pageInfo.hasNextPage; last = found.at(-1)) {
    assert.isBelow(found.length, 200, "the walk comes to an end")
    found.push(yield* list({ ...options, after: last.pageInfo.endCursor }))
  }
  return found
})

/** The pages of a list from its last row backwards, in the order in which they are read. */
export const pagesBackwards = Effect.fnUntraced(function* (options: object, from: string) {
  const found = [yield* list({ ...options, before: from })]
  for (let last = found.at(-1); last?.pageInfo.hasPreviousPage; last = found.at(-1)) {
    assert.isBelow(found.length, 200, "the walk comes to an end")
    found.push(yield* list({ ...options, before: last.pageInfo.startCursor }))
  }
  return found
})

/** A cursor that is there. */
export const cursorOf = (cursor: string | null | undefined) => cursor ?? assert.fail("there is a row")

/** The rows of a whole list, as a stream reads them; `between` happens behind each page. */
export const walk = (
  options: Parameters<typeof listAll>[1],
  between: (page: number) => Effect.Effect<void, never, Lists>
) => {
  let page = 0
  return Stream.runCollect(listAll((asked) => Effect.tap(list(asked), () => between(++page)), options))
}
