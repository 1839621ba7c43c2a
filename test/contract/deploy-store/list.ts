import type { Deploy, ListOptions, Page, Scope } from "@deploys/core"
import { DeployStore, makeQueryPlan, selectPage } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { Cases } from "./fixture.ts"
import { cancel, claim, freshEntityId, freshWorkspaceId, insert, read, start } from "./fixture.ts"

const list = Effect.fnUntraced(function* (options: ListOptions, scope: Scope = "all") {
  const store = yield* DeployStore
  return yield* store.list(yield* Effect.fromResult(makeQueryPlan(options, scope)))
})

const idsOf = (page: Page) => page.data.map(({ id }) => id)

/** So many deploys in a workspace of their own, as a list has them: the newest first. */
const deploysIn = Effect.fnUntraced(function* (count: number) {
  const workspaceId = yield* freshWorkspaceId
  const rows: Array<Deploy> = []
  for (let made = 0; made < count; made++) rows.push(yield* insert({ workspaceId }))
  const ids = rows
    .toSorted((a, b) => (`${a.createdAt} ${a.id}` < `${b.createdAt} ${b.id}` ? 1 : -1))
    .map((row) => row.id)
  return { workspaceId, ids }
})

/** The pages from one end of the list to the other, as they come. */
const walk = Effect.fnUntraced(function* (
  side: "after" | "before",
  options: ListOptions,
  from: string | null = null
): Effect.fn.Return<ReadonlyArray<Page>, unknown, DeployStore> {
  const page = yield* list({ ...options, ...(from === null ? {} : { [side]: from }) })
  const { endCursor, hasNextPage, hasPreviousPage, startCursor } = page.pageInfo
  if (!(side === "after" ? hasNextPage : hasPreviousPage)) return [page]
  return [page, ...(yield* walk(side, options, side === "after" ? endCursor : startCursor))]
})

const walkCases: Cases = (it) => {
  it.effect("walks forwards over every deploy once, the newest first", () =>
    Effect.gen(function* () {
      const { ids, workspaceId } = yield* deploysIn(7)
      for (const limit of [1, 2, 3, 6, 7, 8, 100]) {
        const pages = yield* walk("after", { workspaceId, limit })
        assert.deepStrictEqual(pages.flatMap(idsOf), ids, `limit ${limit}`)
        assert.lengthOf(pages, Math.ceil(ids.length / limit))
        for (const [index, { data, pageInfo }] of pages.entries()) {
          assert.deepInclude(pageInfo, {
            total: ids.length,
            hasPreviousPage: index > 0,
            hasNextPage: index < pages.length - 1
          })
          assert.isAtMost(data.length, limit)
        }
      }
    })
  )

  it.effect("walks backwards over the same pages as forwards", () =>
    Effect.gen(function* () {
      const { ids, workspaceId } = yield* deploysIn(7)
      for (const limit of [1, 2, 3, 7]) {
        const [last] = (yield* walk("after", { workspaceId, limit })).slice(-1)
        const pages = yield* walk("before", { workspaceId, limit }, last?.pageInfo.startCursor ?? null)
        const before = ids.slice(0, ids.length - (last?.data.length ?? 0))
        assert.deepStrictEqual(pages.toReversed().flatMap(idsOf), before, `limit ${limit}`)
        for (const [index, { pageInfo }] of pages.entries()) {
          if (before.length === 0) continue
          assert.deepInclude(pageInfo, {
            total: ids.length,
            hasPreviousPage: index < pages.length - 1,
            hasNextPage: true
          })
        }
      }
    })
  )

  it.effect("answers a page's own rows between the cursors around it", () =>
    Effect.gen(function* () {
      const { ids, workspaceId } = yield* deploysIn(5)
      const all = yield* walk("after", { workspaceId, limit: 1 })
      for (const [index, { pageInfo }] of all.entries()) {
        assert.strictEqual(pageInfo.startCursor, pageInfo.endCursor)
        const cursor = pageInfo.startCursor ?? assert.fail("it has a row")
        const behind = yield* list({ workspaceId, limit: 2, after: cursor })
        assert.deepStrictEqual(idsOf(behind), ids.slice(index + 1, index + 3))
        const ahead = yield* list({ workspaceId, limit: 2, before: cursor })
        assert.deepStrictEqual(idsOf(ahead), ids.slice(Math.max(0, index - 2), index))
      }
    })
  )
}

const edgeCases: Cases = (it) => {
  const nothing = { startCursor: null, endCursor: null }

  it.effect("has nothing on either side of an empty list", () =>
    Effect.gen(function* () {
      const page = yield* list({ workspaceId: yield* freshWorkspaceId })
      assert.deepStrictEqual(page, {
        data: [],
        pageInfo: { total: 0, hasNextPage: false, hasPreviousPage: false, ...nothing }
      })
    })
  )

  it.effect("tells on an empty page what stands on the other side", () =>
    Effect.gen(function* () {
      const { workspaceId } = yield* deploysIn(3)
      const { pageInfo } = yield* list({ workspaceId })
      const [first, last] = [pageInfo.startCursor, pageInfo.endCursor]
      if (first === null || last === null) return assert.fail("there are rows")
      assert.deepStrictEqual(yield* list({ workspaceId, after: last }), {
        data: [],
        pageInfo: { total: 3, hasNextPage: false, hasPreviousPage: true, ...nothing }
      })
      assert.deepStrictEqual(yield* list({ workspaceId, before: first }), {
        data: [],
        pageInfo: { total: 3, hasNextPage: true, hasPreviousPage: false, ...nothing }
      })
    })
  )

  it.effect("leaves the total out where nobody asks for it", () =>
    Effect.gen(function* () {
      const { workspaceId } = yield* deploysIn(2)
      const { pageInfo } = yield* list({ workspaceId, limit: 1, total: false })
      assert.deepInclude(pageInfo, { total: null, hasNextPage: true, hasPreviousPage: false })
    })
  )

  it.effect("gives rows as they are found by their ids", () =>
    Effect.gen(function* () {
      const workspaceId = yield* freshWorkspaceId
      const run = yield* start({ workspaceId, metadata: { nested: { a: [1, null] } } })
      const cancelled = yield* start({ workspaceId })
      yield* cancel(cancelled.deployId, "why")
      const page = yield* list({ workspaceId })
      const rows = yield* Effect.forEach([run.deployId, cancelled.deployId], read)
      assert.sameDeepMembers(
        [...page.data],
        rows.map(({ deploy }) => deploy)
      )
    })
  )
}

const movingCases: Cases = (it) => {
  it.effect("neither repeats nor skips when deploys come in between pages", () =>
    Effect.gen(function* () {
      const { ids, workspaceId } = yield* deploysIn(4)
      const first = yield* list({ workspaceId, limit: 2 })
      const { id } = yield* insert({ workspaceId })
      const after = first.pageInfo.endCursor ?? assert.fail("there are rows")
      const second = yield* list({ workspaceId, limit: 10, after })
      const seen = [...idsOf(first), ...idsOf(second)]
      assert.deepStrictEqual(
        seen.filter((other) => other !== id),
        ids
      )
      assert.strictEqual(second.pageInfo.total, 5)
    })
  )

  it.effect("goes on from a cursor whose row has left the list", () =>
    Effect.gen(function* () {
      const { ids, workspaceId } = yield* deploysIn(4)
      const options = { workspaceId, status: "pending", limit: 2 } as const
      const first = yield* list(options)
      const [, gone] = ids
      if (gone === undefined) return assert.fail("there are four")
      yield* cancel(gone)
      const after = first.pageInfo.endCursor ?? assert.fail("there are rows")
      const second = yield* list({ ...options, after })
      assert.deepStrictEqual(idsOf(second), ids.slice(2))
      assert.deepInclude(second.pageInfo, { total: 3, hasNextPage: false, hasPreviousPage: true })
      const back = yield* list({ ...options, before: after })
      assert.deepStrictEqual(idsOf(back), ids.slice(0, 1))
      assert.deepInclude(back.pageInfo, { total: 3, hasNextPage: true, hasPreviousPage: false })
    })
  )

  it.effect("takes rows, total and flags from one snapshot while deploys come in", () =>
    Effect.gen(function* () {
      const workspaceId = yield* freshWorkspaceId
      const inserts = Effect.all(
        Array.from({ length: 20 }, () => insert({ workspaceId })),
        { concurrency: 4 }
      )
      const looks = Effect.all(
        Array.from({ length: 20 }, () => list({ workspaceId, limit: 5 })),
        { concurrency: 2 }
      )
      const [, pages] = yield* Effect.all([inserts, looks], { concurrency: "unbounded" })
      for (const { data, pageInfo } of pages) {
        const total = pageInfo.total ?? assert.fail("it was asked for")
        assert.strictEqual(data.length, Math.min(5, total))
        assert.strictEqual(pageInfo.hasNextPage, total > 5)
      }
    })
  )
}

/** Deploys that differ in all that can be asked for, half of them in another workspace. */
const mixed = Effect.gen(function* () {
  const [one, other, entityId] = [yield* freshWorkspaceId, yield* freshWorkspaceId, yield* freshEntityId]
  const ids = []
  for (const workspaceId of [one, other, one, other]) {
    for (const trigger of ["auto", "manual", "rollback"] as const) {
      const { id } = yield* insert({ workspaceId, trigger, createdBy: trigger === "auto" ? "bot" : "ada" })
      ids.push(id)
      if (trigger === "auto") yield* cancel(id)
      if (trigger === "manual") yield* claim(id)
    }
  }
  ids.push((yield* insert({ workspaceId: one, entityId })).id, (yield* insert({ workspaceId: one, entityId })).id)
  const rows = (yield* Effect.forEach(ids, read)).map(({ deploy }) => deploy)
  return { one, other, entityId, rows }
})

const scopeCases: Cases = (it) => {
  it.effect("shows nothing outside the scope, whatever is asked for", () =>
    Effect.gen(function* () {
      const { one, other, rows } = yield* mixed
      const mine = rows.filter(({ workspaceId }) => workspaceId === one)
      const ids = rows.map(({ id }) => id)
      for (const options of [{}, { ids }, { ids, limit: mine.length }, { workspaceId: one }]) {
        const page = yield* list(options, [one])
        assert.sameMembers(
          idsOf(page),
          mine.map(({ id }) => id)
        )
        assert.deepInclude(page.pageInfo, { total: mine.length, hasNextPage: false, hasPreviousPage: false })
      }
      for (const scope of [[], [yield* freshWorkspaceId]]) {
        assert.deepInclude((yield* list({ ids }, scope)).pageInfo, { total: 0, hasNextPage: false })
      }
      assert.deepInclude((yield* list({ workspaceId: other }, [one])).pageInfo, { total: 0, hasPreviousPage: false })
      assert.strictEqual((yield* list({ ids }, [one, other])).pageInfo.total, rows.length)
    })
  )

  it.effect("stands before and after what the scope hides as if it were not there", () =>
    Effect.gen(function* () {
      const { one, rows } = yield* mixed
      const ids = rows.map(({ id }) => id)
      const each = yield* walk("after", { ids, limit: 1 })
      const visible = each.map(({ data }) => data[0]).filter((row) => row?.workspaceId === one)
      for (const [index, { pageInfo }] of each.entries()) {
        const behind = each.slice(index + 1).flatMap(({ data }) => data.filter((row) => row.workspaceId === one))
        const page = yield* list({ ids, after: pageInfo.endCursor ?? assert.fail("there is a row"), limit: 2 }, [one])
        assert.deepStrictEqual(
          idsOf(page),
          behind.slice(0, 2).map(({ id }) => id)
        )
        assert.deepInclude(page.pageInfo, {
          total: visible.length,
          hasNextPage: behind.length > 2,
          hasPreviousPage: behind.length < visible.length
        })
      }
    })
  )
}

const Choice = Schema.Struct({
  limit: Schema.Literals([1, 2, 3, 5, 100]),
  by: Schema.Literals(["workspace", "entity", "build", "status", "trigger", "createdBy", "ids", "nothing"]),
  row: Schema.Literals([0, 1, 2, 5, 12]),
  status: Schema.Literals(["pending", "running", "completed", "failed"]),
  side: Schema.Literals(["first", "after", "before"]),
  cursor: Schema.Literals([0, 1, 4, 8, 13]),
  total: Schema.Boolean
})

const optionsOf = (choice: typeof Choice.Type, rows: ReadonlyArray<Deploy>): ListOptions => {
  const row = rows[choice.row] ?? assert.fail("there is a row")
  const by: Record<(typeof choice)["by"], ListOptions> = {
    workspace: { workspaceId: row.workspaceId },
    entity: { entityId: row.entityId },
    build: { buildId: row.buildId },
    status: { status: choice.status },
    trigger: { trigger: row.trigger },
    createdBy: { createdBy: row.createdBy },
    ids: { ids: rows.slice(0, choice.row).map(({ id }) => id) },
    nothing: {}
  }
  return { ids: rows.map(({ id }) => id), ...by[choice.by], limit: choice.limit, total: choice.total }
}

const referenceCases: Cases = (it) => {
  it.effect.prop(
    "answers what the plan says of all the rows there are",
    { choices: Schema.Array(Choice).check(Schema.isMaxLength(12)) },
    ({ choices }) =>
      Effect.gen(function* () {
        const { rows } = yield* mixed
        const cursors = yield* walk("after", { ids: rows.map(({ id }) => id), limit: 1 })
        for (const choice of choices) {
          const cursor = cursors[choice.cursor]?.pageInfo.endCursor ?? assert.fail("there is a cursor")
          const options = { ...optionsOf(choice, rows), ...(choice.side === "first" ? {} : { [choice.side]: cursor }) }
          const plan = yield* Effect.fromResult(makeQueryPlan(options, "all"))
          const store = yield* DeployStore
          assert.deepStrictEqual(
            yield* store.list(plan),
            selectPage(plan, rows, () => [])
          )
        }
      }),
    { arbitrary: { runs: 15 } }
  )
}

/** `list`. */
export const listCases: Cases = (it, pass) => {
  walkCases(it, pass)
  edgeCases(it, pass)
  movingCases(it, pass)
  scopeCases(it, pass)
  referenceCases(it, pass)
}
