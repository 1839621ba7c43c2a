import { Cancellation, DeployId, type DeployEvent } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import type { Call, DeployCall, History } from "../History.ts"
import { type Scenario, settings } from "../Scenario.ts"
import { simulate } from "../Simulation.ts"
import { check, invariants } from "./check.ts"
import { isDeployCall } from "./Invariant.ts"

/** One deploy that goes live, one that is cancelled while it goes live, and one whose first step fails. */
const scenario: Scenario = {
  seed: "good",
  machines: 1,
  settings,
  asks: [
    { at: 100, what: "create", build: 0 },
    { at: 2500, what: "create", build: 0 },
    { at: 3200, what: "cancel", nth: 0 },
    { at: 9000, what: "create", build: 0 }
  ],
  faults: [],
  quietAt: 9000,
  hintsLost: 0,
  read: true,
  manner: {
    millis: (_, step) => (step === "activate" ? [600, 300] : [150, 50]),
    failure: (dice, step) => (step === "stage" && dice.isAbout("app_one/3") ? "before" : "none"),
    undoFails: () => false
  }
}

const good = simulate(scenario)

const idOf = (nth: number) => good.rows[nth]?.record.deploy.id ?? DeployId.make("dep_00000000000000000000000000")
const [live, cancelled, failed] = [idOf(0), idOf(1), idOf(2)]

/** The history with the n-th of the calls that suit changed. */
const withCall = (
  suits: (call: DeployCall) => boolean,
  change: (call: DeployCall) => DeployCall | ReadonlyArray<DeployCall>,
  nth = 0
): History => {
  const found = good.calls.filter(isDeployCall).filter(suits).at(nth)
  assert.isDefined(found, "the history has such a call")
  return {
    ...good,
    calls: good.calls.flatMap((call): ReadonlyArray<Call> => (found === call ? [change(found)].flat() : [call]))
  }
}

const wrote =
  (id: DeployId, type: DeployEvent["type"], step?: string) =>
  (call: DeployCall): boolean =>
    call.deployId === id &&
    call.wrote.some(
      (event) => event.type === type && (step === undefined || ("name" in event.data && event.data.name === step))
    )

const withDeploy = (call: DeployCall, change: object): DeployCall =>
  call.row === null ? call : { ...call, row: { ...call.row, deploy: { ...call.row.deploy, ...change } } }

const withRow = (id: DeployId, change: (row: History["rows"][number]) => History["rows"][number]): History => ({
  ...good,
  rows: good.rows.map((row) => (row.record.deploy.id === id ? change(row) : row))
})

const withEvents = (id: DeployId, change: (event: DeployEvent) => ReadonlyArray<DeployEvent>): History =>
  withRow(id, (row) => ({ ...row, events: row.events.flatMap(change) }))

const withRecord = (id: DeployId, change: object): History =>
  withRow(id, ({ events, record }) => ({ events, record: { ...record, deploy: { ...record.deploy, ...change } } }))

const isClaim = (call: DeployCall) => call.op === "claim" && call.answer !== null

/** A history for each invariant that breaks it, and what is wrong with it. */
const bad: ReadonlyArray<readonly [number: number, what: string, history: () => History]> = [
  [
    1,
    "a completed deploy fails",
    () => withCall(wrote(live, "deploy.completed"), (call) => [call, withDeploy(call, { status: "failed" })])
  ],
  [2, "a cancelled deploy has lost its cancellation", () => withRecord(cancelled, { metadata: {} })],
  [
    2,
    "a deploy ends twice",
    () => withEvents(live, (event) => (event.type === "deploy.completed" ? [event, event] : [event]))
  ],
  [
    3,
    "a step begins after the cancel",
    () => {
      const start = good.calls.filter(isDeployCall).find(wrote(cancelled, "step.running", "stage"))
      return withCall(wrote(cancelled, "deploy.settled"), (call) => ({
        ...call,
        wrote: [...(start?.wrote ?? []), ...call.wrote]
      }))
    }
  ],
  [4, "a step goes live without a stored start", () => withCall(wrote(live, "step.running", "activate"), () => [])],
  [
    5,
    "a second cancel is answered otherwise",
    () => {
      const answer = Cancellation.make({
        by: "mallory",
        reason: null,
        at: good.rows[0]?.record.deploy.createdAt ?? assert.fail()
      })
      return { ...good, asked: [...good.asked, { what: "cancel", deployId: cancelled, answer }] }
    }
  ],
  [
    6,
    "a deploy completes before it starts",
    () =>
      withCall(wrote(live, "deploy.completed"), (call) =>
        withDeploy(call, { completedAt: "2026-01-01T00:00:00.000000Z" })
      )
  ],
  [
    6,
    "a deploy completes that never ran",
    () => withCall(wrote(live, "deploy.completed"), (call) => withDeploy(call, { startedAt: null }))
  ],
  [
    7,
    "a write lands under an old epoch",
    () =>
      withCall(wrote(cancelled, "deploy.settled"), (call) =>
        call.op === "move" ? { ...call, request: { ...call.request, epoch: 1 } } : call
      )
  ],
  [
    7,
    "a write lands whose writer is told that it did not",
    () =>
      withCall(wrote(live, "deploy.completed"), (call) =>
        call.op === "move" ? { ...call, answer: { _tag: "Fenced" } } : call
      )
  ],
  [
    8,
    "a claim raises the epoch by two",
    () =>
      withCall(
        (call) => isClaim(call) && call.deployId === cancelled,
        (call) =>
          call.op === "claim" && call.answer !== null ? { ...call, answer: { ...call.answer, epoch: 2 } } : call
      )
  ],
  [
    9,
    "two deploys of an entity run at once",
    () => {
      const other = good.calls.filter(isDeployCall).find(wrote(cancelled, "deploy.running"))
      return withCall(wrote(live, "step.running", "activate"), (call) => (other === undefined ? call : [call, other]))
    }
  ],
  [
    9,
    "a workspace has more deploys at work than places",
    () =>
      withCall(isClaim, (call) =>
        call.op === "claim" ? { ...call, request: { ...call.request, maxRunningPerWorkspace: 0 } } : call
      )
  ],
  [
    10,
    "a lease that holds is taken over",
    () =>
      withCall(wrote(live, "step.running", "activate"), (call) => {
        const claim = good.calls.filter(isDeployCall).find((other) => isClaim(other) && other.deployId === live)
        if (claim?.op !== "claim" || claim.answer === null) return call
        const { answer, request } = claim
        return [
          call,
          {
            ...claim,
            at: call.at,
            wrote: [],
            row: call.row,
            request: { ...request, owner: "thief" },
            answer: { ...answer, epoch: 2 }
          }
        ]
      })
  ],
  [
    11,
    "a sequence number is left out",
    () =>
      withCall(
        (call) => call.op === "insert" && call.deployId === failed,
        (call) => (call.op === "insert" ? { ...call, answer: { ...call.answer, sequenceNumber: 4 } } : call)
      )
  ],
  [12, "an event is missing", () => withEvents(live, (event) => (event.sequence === 3 ? [] : [event]))],
  [
    12,
    "a step begins behind the final event",
    () =>
      withRow(live, (row) => ({
        ...row,
        events: [
          ...row.events,
          ...row.events.slice(2, 3).map((event) => ({ ...event, sequence: row.events.length + 1 }))
        ]
      }))
  ],
  [
    12,
    "a reader gets an event twice",
    () => ({
      ...good,
      readings: good.readings.map((reading) => ({ ...reading, sequences: [1, ...reading.sequences] }))
    })
  ],
  [
    13,
    "a deploy changes without an event",
    () => withCall(wrote(live, "deploy.completed"), (call) => ({ ...call, wrote: [] }))
  ],
  [
    13,
    "a step changes without an event",
    () => withCall(wrote(live, "step.running", "stage"), (call) => ({ ...call, wrote: [] }))
  ],
  [
    14,
    "a deploy runs behind one with a later number",
    () => withCall(wrote(live, "deploy.running"), (call) => withDeploy(call, { sequenceNumber: 7 }))
  ],
  [
    14,
    "a superseded deploy names no successor",
    () =>
      withCall(
        (call) => call.deployId === failed,
        (call) => withDeploy(call, { failureCode: "superseded" }),
        -1
      )
  ],
  [
    15,
    "a step begins before the one in front has completed",
    () => withEvents(live, (event) => (event.type === "step.completed" && event.data.index === 0 ? [] : [event]))
  ],
  [
    15,
    "a completed step begins again",
    () =>
      withEvents(live, (event) =>
        event.type === "step.completed" && event.data.index === 0
          ? [event, { ...event, type: "step.running" }]
          : [event]
      )
  ],
  [
    15,
    "an attempt is left out",
    () =>
      withEvents(failed, (event) =>
        event.type === "step.running" && event.data.attempt === 2
          ? [{ ...event, data: { ...event.data, attempt: 3 } }]
          : [event]
      )
  ],
  [15, "a step is tried too often", () => ({ ...good, attempts: new Map([["stage", 2]]) })],
  [16, "the error does not name the step", () => withRecord(failed, { error: "something" })],
  [16, "a step fails with tries left", () => ({ ...good, attempts: new Map([["stage", 9]]) })],
  [
    16,
    "a deploy fails by a step, and none has failed",
    () => withEvents(failed, (event) => (event.type === "step.failed" ? [] : [event]))
  ],
  [
    17,
    "a result of an earlier attempt is stored",
    () =>
      withEvents(failed, (event) =>
        event.type === "step.retrying" && event.data.attempt === 2
          ? [{ ...event, type: "step.completed", data: { ...event.data, attempt: 1 } }]
          : [event]
      )
  ],
  [
    18,
    "the output of a completed step changes",
    () =>
      withCall(wrote(live, "deploy.completed"), (call) =>
        call.row === null
          ? call
          : { ...call, row: { ...call.row, steps: call.row.steps.map((step) => ({ ...step, output: "other" })) } }
      )
  ],
  [
    18,
    "a step is given another output",
    () => ({
      ...good,
      effects: good.effects.map((effect) =>
        effect.seen === undefined ? effect : { ...effect, seen: { ...effect.seen, output: "other" } }
      )
    })
  ],
  [
    19,
    "an answered create is lost",
    () => ({
      ...good,
      asked: [...good.asked, { what: "create", deployId: DeployId.make("dep_00000000000000000000000009") }]
    })
  ],
  [19, "a deploy is there twice", () => ({ ...good, rows: [...good.rows, ...good.rows.slice(0, 1)] })],
  [21, "a deploy stays pending", () => withRecord(failed, { status: "pending" })],
  [21, "a deploy never settles", () => withRecord(cancelled, { metadata: { outcome: "settling" } })],
  [
    22,
    "a stopped machine leaves a fiber behind",
    () => ({ ...good, leaks: ["m0 has stopped, and 1 of its fibers still sleep"] })
  ],
  [
    23,
    "production serves another deploy",
    () => ({ ...good, live: new Map([...good.live].map(([entity]) => [entity, failed])) })
  ],
  [
    23,
    "a deploy completes that production does not serve",
    () => ({ ...good, effects: good.effects.map((effect) => ({ ...effect, live: null })) })
  ],
  [23, "two rows are live", () => withRecord(failed, { isLive: true })],
  [
    24,
    "a deployment is of another build",
    () => ({
      ...good,
      made: good.made
        .map((made) => ({
          ...made,
          buildId: good.rows[0]?.record.deploy.buildId ?? made.buildId,
          deployId: made.deployId
        }))
        .slice(1)
    })
  ],
  [
    24,
    "a step takes effect twice in one start",
    () => ({
      ...good,
      effects: good.effects.flatMap((effect) => (effect.what === "landed" ? [effect, effect] : [effect]))
    })
  ],
  [
    25,
    "a cancelled deploy is served",
    () => ({ ...good, live: new Map([...good.live].map(([entity]) => [entity, cancelled])) })
  ],
  [
    25,
    "the deployment of a failed deploy is kept",
    () => ({ ...good, made: [...good.made, ...good.made.slice(0, 1).map((made) => ({ ...made, deployId: failed }))] })
  ]
]

describe("the check of a history", () => {
  it("finds nothing in a good one", () => {
    assert.deepStrictEqual(check(good), [])
    assert.deepStrictEqual(
      good.rows.map(({ record: { deploy } }) => deploy.failureCode),
      [null, "cancelled", "step_failed"]
    )
  })

  it.each(bad)("names invariant %i where %s", (number, _, history) => {
    assert.include(
      check(history()).map((breach) => breach.number),
      number
    )
  })

  it("is tried on a bad history for each invariant", () => {
    assert.deepStrictEqual(
      [...new Set(invariants.map(({ number }) => number))],
      [...new Set(bad.map(([number]) => number))]
    )
  })
})
