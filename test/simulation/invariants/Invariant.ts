import type { DeployEvent, DeployId, EntityId } from "@deploys/core"
import type { Call, DeployCall, History } from "../History.ts"

/** A history with what several checks look up. */
export interface Trail extends History {
  /** The calls about each deploy, in order. */
  readonly byDeploy: ReadonlyMap<DeployId, ReadonlyArray<DeployCall>>
  /** Which deploys each entity has. */
  readonly byEntity: ReadonlyMap<EntityId, ReadonlyArray<DeployId>>
}

/** Something that always holds, under its number on the project's page of invariants. */
export interface Invariant {
  readonly number: number
  /** Where the history breaks it, a sentence each. */
  readonly breaches: (trail: Trail) => Iterable<string>
}

export const isDeployCall = (call: Call): call is DeployCall =>
  call.op !== "renew" && call.op !== "release" && call.op !== "releaseHold"

const grouped = <K, A>(pairs: Iterable<readonly [K, A]>): ReadonlyMap<K, ReadonlyArray<A>> => {
  const groups = new Map<K, Array<A>>()
  for (const [key, value] of pairs) {
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}

export const trailOf = (history: History): Trail => ({
  ...history,
  byDeploy: grouped(history.calls.filter(isDeployCall).map((call) => [call.deployId, call] as const)),
  byEntity: grouped(history.rows.map(({ record }) => [record.deploy.entityId, record.deploy.id] as const))
})

/** Whether this event ends the deploy. */
export const isFinalEvent = ({ type }: DeployEvent): boolean => type === "deploy.completed" || type === "deploy.failed"

/** The first call that ended the deploy by a cancel. */
export const cancelOf = (calls: ReadonlyArray<DeployCall>): DeployCall | undefined =>
  calls.find((call) => call.op === "cancel" && call.wrote.some(isFinalEvent))

/** The call that ended the deploy, whoever ran it: a cancel, or one that put another deploy in its place. */
export const endFromOutside = (calls: ReadonlyArray<DeployCall>): DeployCall | undefined =>
  calls.find((call) => (call.op === "cancel" || call.op === "supersede") && call.wrote.some(isFinalEvent))
