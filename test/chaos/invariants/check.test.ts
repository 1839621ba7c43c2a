import { BuildId, type Deploy, DeployEvent, DeployId, EntityId, StepId, Timestamp, WorkspaceId } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { check, rules } from "./check.ts"
import type { EventRow, Kept, Snapshot } from "./Snapshot.ts"

const entityId = EntityId.make("app_1")
const ids = [0, 1, 2].map((n) => DeployId.make(`dep_0000000000000000000000000${n}`))
const idOf = (nth: number) => ids[nth] ?? DeployId.make("dep_00000000000000000000000000")
const [live, cancelled, failed] = [idOf(0), idOf(1), idOf(2)]

/** The n-th second of the story. */
const at = (second: number) => Timestamp.make(`2026-11-24T12:00:${String(second).padStart(2, "0")}.000000Z`)

const step = (deployId: DeployId, status: Kept["steps"][number]["status"], second: number): Kept["steps"][number] => ({
  id: StepId.make(`stp_${deployId.slice(4)}`),
  deployId,
  index: 0,
  name: "stage",
  status,
  attempt: 1,
  error: null,
  output: status === "completed" ? "node" : null,
  startedAt: at(second + 1),
  completedAt: at(second + 2),
  cancellation: "interrupt",
  undoable: true,
  starts: 1,
  compensated: null
})

const decode = Schema.decodeUnknownSync(DeployEvent)

type Told = readonly [epoch: number, second: number, content: Pick<DeployEvent, "type" | "data">]

const eventsOf = (deployId: DeployId, told: ReadonlyArray<Told>): ReadonlyArray<EventRow> =>
  told.map(([epoch, second, content], index) => ({
    epoch,
    event: decode({ ...content, deployId, sequence: index + 1, at: at(second) })
  }))

const stage = { index: 0, name: "stage" }

const begun = (second: number): ReadonlyArray<Told> => [
  [
    0,
    second,
    {
      type: "deploy.created",
      data: { by: "ada", trigger: "manual", buildId: BuildId.make("bld_1"), sequenceNumber: 1 }
    }
  ],
  [1, second + 1, { type: "deploy.running", data: { by: "run", epoch: 1 } }],
  [1, second + 1, { type: "step.running", data: { ...stage, attempt: 1 } }]
]

const row = (id: DeployId, sequenceNumber: number, second: number, given: Partial<Kept["deploy"]>): Kept["deploy"] => ({
  id,
  workspaceId: WorkspaceId.make("ws_1"),
  entityId,
  sequenceNumber,
  buildId: BuildId.make("bld_1"),
  status: "failed",
  trigger: "manual",
  sourceEventId: null,
  productionUrl: null,
  previewUrl: null,
  error: null,
  metadata: {},
  createdBy: "ada",
  createdAt: at(second),
  startedAt: at(second + 1),
  completedAt: at(second + 2),
  failureCode: null,
  isLive: false,
  settling: false,
  epoch: 1,
  owner: null,
  lastEvent: 5,
  ...given
})

const ends = (by: string, failureCode: NonNullable<Deploy["failureCode"]>, settled: boolean): Told[2] => ({
  type: "deploy.failed",
  data: { by, failureCode, error: "", settled }
})

/** One deploy that went live, one that was cancelled at work, and one whose step failed. */
const good: Snapshot = {
  deploys: [
    {
      deploy: row(live, 1, 0, { status: "completed", isLive: true }),
      steps: [step(live, "completed", 0)],
      events: eventsOf(live, [
        ...begun(0),
        [1, 2, { type: "step.completed", data: { ...stage, attempt: 1 } }],
        [1, 2, { type: "deploy.completed", data: { by: "run", previewUrl: null, productionUrl: null } }]
      ])
    },
    {
      deploy: row(cancelled, 2, 10, {
        failureCode: "cancelled",
        epoch: 3,
        lastEvent: 6,
        metadata: { cancellation: { by: "eve", reason: null, at: at(12) }, outcome: "discarded" }
      }),
      steps: [step(cancelled, "cancelled", 10)],
      events: eventsOf(cancelled, [
        ...begun(10),
        [2, 12, ends("eve", "cancelled", false)],
        [3, 13, { type: "step.cancelled", data: stage }],
        [3, 14, { type: "deploy.settled", data: { by: "run", outcome: "discarded" } }]
      ])
    },
    {
      deploy: row(failed, 3, 20, {
        failureCode: "step_failed",
        error: "Step stage failed",
        metadata: { outcome: "prevented" }
      }),
      steps: [step(failed, "failed", 20)],
      events: eventsOf(failed, [
        ...begun(20),
        [1, 22, { type: "step.failed", data: { ...stage, attempt: 1, error: "no" } }],
        [1, 22, ends("run", "step_failed", true)]
      ])
    }
  ],
  lanes: [{ entityId, lastSequence: 3, liveDeployId: live, activeDeployId: null, waiting: 0 }],
  answers: {
    creates: [{ key: "one", deployId: live }],
    cancels: [{ deployId: cancelled, at: at(12), by: "eve" }]
  },
  served: { live: new Map([[entityId, live]]), made: new Set([live]), strays: new Set() }
}

const withKept = (id: DeployId, change: (kept: Kept) => Kept): Snapshot => ({
  ...good,
  deploys: good.deploys.map((kept) => (kept.deploy.id === id ? change(kept) : kept))
})

const withRow = (id: DeployId, given: Partial<Kept["deploy"]>) =>
  withKept(id, (kept) => ({ ...kept, deploy: { ...kept.deploy, ...given } }))

const withEvents = (id: DeployId, change: (row: EventRow) => ReadonlyArray<EventRow>) =>
  withKept(id, (kept) => ({ ...kept, events: kept.events.flatMap(change) }))

const isOf =
  (type: DeployEvent["type"]) =>
  ({ event }: EventRow) =>
    event.type === type

/** For each invariant a snapshot that breaks it, and what is wrong with it. */
const bad: ReadonlyArray<readonly [number: number, what: string, snapshot: () => Snapshot]> = [
  [
    1,
    "a completed deploy runs again",
    () =>
      withEvents(live, (row) =>
        isOf("deploy.completed")(row) ? [row, ...eventsOf(live, begun(3)).slice(1, 2)] : [row]
      )
  ],
  [2, "a deploy ends twice", () => withEvents(live, (row) => (isOf("deploy.completed")(row) ? [row, row] : [row]))],
  [2, "a cancelled deploy has lost its cancellation", () => withRow(cancelled, { metadata: {} })],
  [
    3,
    "a cancel was answered and the row says another one",
    () => ({ ...good, answers: { ...good.answers, cancels: [{ deployId: cancelled, at: at(12), by: "bob" }] } })
  ],
  [
    3,
    "a step begins after the end",
    () =>
      withEvents(cancelled, (row) =>
        isOf("step.cancelled")(row) ? [...eventsOf(cancelled, begun(12)).slice(2), row] : [row]
      )
  ],
  [6, "a deploy started before it was created", () => withRow(live, { createdAt: at(5) })],
  [
    7,
    "a write under an older epoch follows",
    () => withEvents(cancelled, (row) => [isOf("step.cancelled")(row) ? { ...row, epoch: 1 } : row])
  ],
  [
    8,
    "a cancel did not raise the epoch",
    () => withEvents(cancelled, (row) => [isOf("deploy.failed")(row) ? { ...row, epoch: 1 } : row])
  ],
  [
    9,
    "two deploys of an entity run at once",
    () =>
      withEvents(cancelled, (row) => [
        isOf("deploy.running")(row) ? { ...row, event: { ...row.event, at: at(1) } } : row
      ])
  ],
  [11, "a number is missing", () => withRow(failed, { sequenceNumber: 4 })],
  [12, "an event is missing", () => withEvents(live, (row) => (isOf("step.completed")(row) ? [] : [row]))],
  [13, "the row is not what its events say", () => withRow(failed, { status: "running" })],
  [14, "the newest deploy is superseded", () => withRow(failed, { failureCode: "superseded" })],
  [
    15,
    "a completed step is started again",
    () =>
      withEvents(live, (row) => (isOf("deploy.completed")(row) ? [...eventsOf(live, begun(2)).slice(2), row] : [row]))
  ],
  [
    16,
    "a deploy fails by a step that did not",
    () => withEvents(failed, (row) => (isOf("step.failed")(row) ? [] : [row]))
  ],
  [
    17,
    "a result is stored of an attempt that was not at work",
    () =>
      withEvents(live, (row) => [
        row.event.type === "step.completed"
          ? { ...row, event: { ...row.event, data: { ...row.event.data, attempt: 2 } } }
          : row
      ])
  ],
  [
    18,
    "a completed step has no output",
    () => withKept(live, (kept) => ({ ...kept, steps: kept.steps.map((step) => ({ ...step, output: null })) }))
  ],
  [
    19,
    "a deploy that was answered is not there",
    () => ({
      ...good,
      answers: { ...good.answers, creates: [{ key: null, deployId: DeployId.make("dep_0000000000000000000000000z") }] }
    })
  ],
  [21, "a deploy is still owned", () => withRow(live, { owner: "run" })],
  [
    23,
    "production serves another deploy",
    () => ({ ...good, served: { live: new Map([[entityId, failed]]), made: new Set([live]), strays: new Set() } })
  ],
  [
    25,
    "what a failed deploy made is kept",
    () => ({ ...good, served: { live: new Map([[entityId, live]]), made: new Set([live, failed]), strays: new Set() } })
  ]
]

describe("the checker", () => {
  it("finds nothing in a good snapshot", () => assert.deepStrictEqual(check(good), []))

  it.each(bad)("names invariant %i where %s", (number, _, snapshot) => {
    assert.include(
      check(snapshot()).map((breach) => breach.number),
      number
    )
  })

  it("has a bad snapshot for every invariant", () => {
    assert.deepStrictEqual([...new Set(bad.map(([number]) => number))], [...new Set(rules.map(({ number }) => number))])
  })
})
