import { Cancellation } from "@deploys/core"
import type { History } from "../History.ts"
import {
  good,
  idOf,
  withCall,
  wrote,
  withDeploy,
  withRow,
  withEvents,
  withRecord,
  isClaim,
  takenAfter,
  isSupersededFirst,
  eventOf,
  createdAt,
  asked,
  live,
  cancelled,
  failed,
  back,
  held,
  laterHeld
} from "./goodHistory.ts"
import { isDeployCall } from "./Invariant.ts"

/** A history for each invariant that breaks it, and what is wrong with it. */
export const bad: ReadonlyArray<readonly [number: number, what: string, history: () => History]> = [
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
        at: createdAt
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
  [10, "a lease that holds is taken over", () => takenAfter(0)],
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
    "a deploy completes behind one with a later number",
    () => withCall(wrote(idOf(3), "deploy.completed"), (call) => withDeploy(call, { sequenceNumber: 9 }))
  ],
  [
    14,
    "a deploy begins that is held",
    () => ({
      ...good,
      calls: good.calls.map((call) =>
        isDeployCall(call) && call.deployId === back ? withDeploy(call, { trigger: "auto" }) : call
      )
    })
  ],
  [
    14,
    "a deploy begins before its turn",
    () => ({
      ...good,
      calls: good.calls.filter((call) => !(isDeployCall(call) && wrote(live, "deploy.completed")(call)))
    })
  ],
  [14, "an older deploy keeps its place", () => withCall(isSupersededFirst, () => [])],
  [
    14,
    "a deploy is put out of its place against the policy",
    () =>
      withCall(
        (call) => call.op === "insert" && call.deployId === laterHeld,
        (call) => (call.op === "insert" ? { ...call, options: { queuePolicy: "queue" } } : call)
      )
  ],
  [
    14,
    "a superseded deploy names another successor",
    () => withCall(isSupersededFirst, (call) => withDeploy(call, { metadata: { supersededBy: back } }))
  ],
  [
    14,
    "a hold is there that nobody put",
    () => ({
      ...good,
      lanes: good.lanes.map((lane) => ({ ...lane, hold: { by: "eve", reason: null, since: createdAt } }))
    })
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
    17,
    "a deploy runs out of time that has some left",
    () =>
      withCall(wrote(failed, "deploy.failed"), (call) => ({
        ...call,
        wrote: call.wrote.map((event) =>
          event.type === "deploy.failed" ? { ...event, data: { ...event.data, failureCode: "timed_out" } } : event
        )
      }))
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
      asked: [...good.asked, asked("create", "dep_00000000000000000000000009")]
    })
  ],
  [19, "a deploy is there twice", () => ({ ...good, rows: [...good.rows, ...good.rows.slice(0, 1)] })],
  [
    20,
    "a key is answered with two deploys",
    () => ({ ...good, asked: [asked("rollback", live, "k"), asked("rollback", failed, "k")] })
  ],
  [20, "an event has two deploys", () => withRecord(held, { sourceEventId: eventOf(laterHeld) })],
  [
    21,
    "a deploy lies there behind the end of its lease",
    () => ({ ...takenAfter(20_000), claimedWithin: { from: 0, millis: 3000 } })
  ],
  [21, "a deploy stays pending", () => withRecord(failed, { status: "pending" })],
  [21, "a deploy never settles", () => withRecord(cancelled, { metadata: { outcome: "settling" } })],
  [
    22,
    "a stopped machine leaves a fiber behind",
    () => ({ ...good, leaks: ["m0 has stopped, and 1 of its fibers still sleep"] })
  ],
  [22, "a deploy that is over has a lease", () => ({ ...good, leases: [{ deployId: live, epoch: 1 }] })],
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
  [25, "what a failed deploy uploaded is kept", () => ({ ...good, uploaded: new Set([failed]) })],
  [
    25,
    "the deployment of a failed deploy is kept",
    () => ({ ...good, made: [...good.made, ...good.made.slice(0, 1).map((made) => ({ ...made, deployId: failed }))] })
  ]
]
