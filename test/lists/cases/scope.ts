import { type Deploy, EntityId } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { type Cases, Lists, type Rows } from "../Lists.ts"
import {
  buildRow,
  cursorOf,
  deployRow,
  entityRow,
  instant,
  list,
  numbers,
  stepRow,
  versionRow,
  workspaceA,
  workspaceB,
  workspaceRow
} from "./rows.ts"

/** What a caller who sees workspace A alone may see: the same in all worlds. */
const mine: ReadonlyArray<Deploy> = numbers(6).map((n) =>
  deployRow(n * 2, { createdAt: instant(n), entityId: EntityId.make(n % 2 === 0 ? "app_1" : "app_b") })
)

const theirs = (n: number, fields: Partial<Deploy>) =>
  deployRow(n * 2 + 1, { workspaceId: workspaceB, entityId: EntityId.make("app_b"), createdAt: instant(n), ...fields })

const world = (deploys: ReadonlyArray<Deploy>, name: string): Rows => ({
  deploys: [...mine, ...deploys],
  steps: [stepRow(2, 0), ...deploys.map(({ sequenceNumber }) => stepRow(sequenceNumber, 0, { name }))],
  workspaces: [workspaceRow({ id: "ws_a", name: "a" }), workspaceRow({ id: "ws_b", name })],
  entities: [entityRow({ id: "app_1" }), entityRow({ id: "app_b", workspaceId: "ws_b", name })],
  versions: [versionRow({ id: "ver_1", entityId: "app_b", name })],
  builds: [buildRow({ id: "bld_1", branch: name })]
})

/** Worlds that differ only in what lies in workspace B, some of it behind relations of deploys of A. */
const worlds = [
  world([], "x"),
  world(
    numbers(6).map((n) => theirs(n, {})),
    "y"
  ),
  world(
    numbers(5).map((n) => theirs(n + 3, { status: "failed", error: "x", isLive: true })),
    "z"
  )
]

const filters: ReadonlyArray<object> = [
  {},
  { entity: {} },
  { entity: { isNull: true } },
  { NOT: { entity: { name: { eq: "y" } } } },
  { entity: { name: { in: ["x", "y", "z"] } } },
  { entity: { workspace: { name: { ne: "q" } } } },
  { workspace: { name: { eq: "y" } } },
  { build: {} },
  { build: { branch: { eq: "y" } } },
  { build: { version: { isNull: true } } },
  { NOT: { build: { version: { name: { eq: "z" } } } } },
  { steps: { some: { name: { eq: "y" } } } },
  { steps: { none: {} } },
  { status: { eq: "failed" } },
  { OR: [{ isLive: { eq: true } }, { workspaceId: { eq: "ws_b" } }] },
  { NOT: { workspaceId: { eq: "ws_a" } } }
]

const everyAnswer = Effect.gen(function* () {
  const scope = [workspaceA]
  const cursor = cursorOf((yield* list({ limit: 3 }, scope)).pageInfo.endCursor)
  const ids = numbers(20).map((n) => deployRow(n).id)
  const options: ReadonlyArray<object> = [
    ...filters.map((filter) => ({ filter, limit: 2 })),
    ...filters.map((filter) => ({ filter, limit: 2, after: cursor })),
    ...filters.map((filter) => ({ filter, before: cursor })),
    { ids },
    { workspaceId: "ws_b" },
    { entityId: "app_b" },
    { orderBy: [{ status: "asc" }, { sequenceNumber: "desc" }], limit: 4 },
    { orderBy: [{ error: "desc" }] },
    { total: false, limit: 1 }
  ]
  return yield* Effect.forEach(options, (asked) => Effect.map(list(asked, scope), (page) => [asked, page] as const))
})

/** Cases about what a caller may not see, by their numbers in the list of what broke elsewhere. */
export const scopeCases: Cases = (it) => {
  it.effect("21: answer the same whatever lies in a workspace that the caller can't see", () =>
    Effect.gen(function* () {
      const answers = yield* Effect.forEach(worlds, (rows) =>
        Effect.andThen(
          Lists.use(({ fill }) => fill(rows)),
          everyAnswer
        )
      )
      for (const answer of answers) assert.deepStrictEqual(answer, answers[0])
      const seen = answers[0]?.flatMap(([, { data }]) => data) ?? []
      assert.isAbove(seen.length, 50)
      assert.isTrue(seen.every(({ workspaceId }) => workspaceId === workspaceA))
    })
  )
}
