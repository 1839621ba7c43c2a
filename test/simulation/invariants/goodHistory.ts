import { DeployId, type DeployEvent } from "@deploys/core"
import { assert } from "@effect/vitest"
import type { Asked, Call, DeployCall, History } from "../History.ts"
import { type Scenario, settings } from "../Scenario.ts"
import { simulate } from "../Simulation.ts"
import { isDeployCall } from "./Invariant.ts"

/**
 * Of one app a deploy that goes live, one that is cancelled while it goes live, and one whose first step fails. Of another
 * one that goes live, a rollback to it, two automatic deploys that are held, and a manual one that passes them.
 */
const scenario: Scenario = {
  name: "good",
  machines: 1,
  settings,
  policies: ["queue", "latest"],
  version: "plain",
  asks: [
    { at: 100, what: "create", build: 0 },
    { at: 2500, what: "create", build: 0 },
    { at: 3200, what: "cancel", nth: 0 },
    { at: 9000, what: "create", build: 0 },
    { at: 12_000, what: "create", build: 1 },
    { at: 14_500, what: "rollback", nth: 0 },
    { at: 14_600, what: "event", build: 1, event: 1 },
    { at: 17_000, what: "event", build: 1, event: 2 },
    { at: 18_000, what: "create", build: 1 }
  ],
  faults: [],
  quietAt: 18_000,
  hintsLost: 0,
  read: true,
  manner: {
    millis: (_, step) => (step === "activate" ? [600, 300] : [150, 50]),
    failure: (dice, step) => (step === "stage" && dice.isAbout("app_one/3") ? "before" : "none"),
    undoFails: () => false,
    kills: () => false
  }
}

export const good = simulate(scenario)

export const idOf = (nth: number) => good.rows[nth]?.record.deploy.id ?? DeployId.make("dep_00000000000000000000000000")
/** Its deploys, by what becomes of them. */
export const [live, cancelled, failed, back, held, laterHeld] = [idOf(0), idOf(1), idOf(2), idOf(4), idOf(5), idOf(6)]

/** The history with the n-th of the calls that suit changed. */
export const withCall = (
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

export const wrote =
  (id: DeployId, type: DeployEvent["type"], step?: string) =>
  (call: DeployCall): boolean =>
    call.deployId === id &&
    call.wrote.some(
      (event) => event.type === type && (step === undefined || ("name" in event.data && event.data.name === step))
    )

export const withDeploy = (call: DeployCall, change: object): DeployCall =>
  call.row === null ? call : { ...call, row: { ...call.row, deploy: { ...call.row.deploy, ...change } } }

export const withRow = (id: DeployId, change: (row: History["rows"][number]) => History["rows"][number]): History => ({
  ...good,
  rows: good.rows.map((row) => (row.record.deploy.id === id ? change(row) : row))
})

export const withEvents = (id: DeployId, change: (event: DeployEvent) => ReadonlyArray<DeployEvent>): History =>
  withRow(id, (row) => ({ ...row, events: row.events.flatMap(change) }))

export const withRecord = (id: DeployId, change: object): History =>
  withRow(id, ({ events, record }) => ({ events, record: { ...record, deploy: { ...record.deploy, ...change } } }))

export const isClaim = (call: DeployCall) => call.op === "claim" && call.answer !== null

/** Another machine takes the live deploy over, so many milliseconds after it began to go live. */
export const takenAfter = (millis: number): History =>
  withCall(wrote(live, "step.running", "activate"), (call) => {
    const claim = good.calls.filter(isDeployCall).find((other) => isClaim(other) && other.deployId === live)
    if (claim?.op !== "claim" || claim.answer === null) return call
    const { answer, request } = claim
    return [
      call,
      {
        ...claim,
        at: call.at + millis,
        wrote: [],
        row: call.row,
        request: { ...request, owner: "thief" },
        answer: { ...answer, epoch: 2 }
      }
    ]
  })

export const isSupersededFirst = (call: DeployCall) => call.op === "supersede" && call.deployId === held

export const eventOf = (id: DeployId) =>
  good.rows.find(({ record }) => record.deploy.id === id)?.record.deploy.sourceEventId

export const createdAt = good.rows[0]?.record.deploy.createdAt ?? assert.fail()

export const asked = (what: "create" | "rollback", deployId: string, key: string | null = null): Asked => ({
  what,
  request: deployId,
  key,
  deployId: DeployId.make(deployId),
  refused: null
})
