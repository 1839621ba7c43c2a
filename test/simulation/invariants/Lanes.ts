import type { DeployId, DeployTrigger, EntityId } from "@deploys/core"
import { isOver } from "@deploys/core"
import type { Call } from "../History.ts"
import { isDeployCall, isFinalEvent } from "./Invariant.ts"

/** What is known of a deploy that is not over. */
export interface Queued {
  readonly id: DeployId
  readonly number: number
  readonly trigger: DeployTrigger
}

/** One entity, as the calls so far have left it. */
export interface Lane {
  readonly pending: ReadonlyArray<Queued>
  /** The deploy that runs or settles. */
  readonly atWork: (Queued & { readonly isRunning: boolean }) | null
  /** The number of the deploy that the hold came with. */
  readonly hold: number | null
}

const empty: Lane = { pending: [], atWork: null, hold: null }

const isHeld = ({ hold }: Lane, { trigger }: Queued) => hold !== null && trigger === "auto"

/** The one that is to be claimed: the oldest that is not held. */
export const nextOf = (lane: Lane): Queued | undefined => lane.pending.find((queued) => !isHeld(lane, queued))

/** Follows, by the rules of queues and holds alone, what waits for what. */
export class Lanes {
  readonly #lanes = new Map<EntityId, Lane>()

  of(entityId: EntityId): Lane {
    return this.#lanes.get(entityId) ?? empty
  }

  follow(call: Call): void {
    if (call.op === "releaseHold") this.#lanes.set(call.request, { ...this.of(call.request), hold: null })
    if (!isDeployCall(call) || call.row === null || call.wrote.length === 0) return
    const { entityId, id, sequenceNumber: number, status, trigger } = call.row.deploy
    const queued = { id, number, trigger }
    const { atWork, hold, pending } = this.of(entityId)
    const others = pending.filter((other) => other.id !== id)
    const settles = status === "failed" && !isOver(call.row.deploy)
    const works = status === "running" || settles
    this.#lanes.set(entityId, {
      pending: status === "pending" ? [...others, queued].toSorted((a, b) => a.number - b.number) : others,
      atWork: works ? { ...queued, isRunning: !settles } : atWork?.id === id ? null : atWork,
      hold: holdAfter(call, queued, hold)
    })
  }
}

const holdAfter = (call: Call, { number, trigger }: Queued, hold: number | null): number | null => {
  if (call.op === "insert" && call.options.hold !== undefined) return number
  const completes =
    isDeployCall(call) && call.wrote.some((event) => isFinalEvent(event) && event.type !== "deploy.failed")
  return completes && trigger === "manual" && hold !== null && hold < number ? null : hold
}
