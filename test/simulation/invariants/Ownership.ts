import { type DeployId, isOver } from "@deploys/core"
import type { Call, DeployCall } from "../History.ts"
import { isFinalEvent } from "./Invariant.ts"

/** Who may move a deploy: the epoch that fits, and until when whose lease holds. */
export interface Owned {
  readonly epoch: number
  readonly lease: { readonly owner: string; readonly machine: string; readonly until: number } | null
}

const nobody: Owned = { epoch: 0, lease: null }

/** Follows, by the answered rules alone, who holds each deploy. */
export class Ownership {
  readonly #owned = new Map<DeployId, Owned>()

  of(id: DeployId): Owned {
    return this.#owned.get(id) ?? nobody
  }

  follow(call: Call): void {
    if (call.op === "renew") {
      for (const { deployId, epoch } of call.answer) {
        const { epoch: present, lease } = this.of(deployId)
        if (lease !== null && epoch === present)
          this.#owned.set(deployId, { epoch, lease: { ...lease, until: call.at + call.request.leaseMillis } })
      }
    } else if (call.op === "release") {
      for (const { deployId, epoch } of call.request)
        if (this.of(deployId).epoch === epoch) this.#owned.set(deployId, { epoch, lease: null })
    } else if (call.op !== "releaseHold") this.#owned.set(call.deployId, this.#after(call))
  }

  #after(call: DeployCall): Owned {
    const { epoch, lease } = this.of(call.deployId)
    if (call.op === "claim" && call.answer !== null) {
      const { leaseMillis, owner } = call.request
      return { epoch: call.answer.epoch, lease: { owner, machine: call.machine, until: call.at + leaseMillis } }
    }
    const raises = (call.op === "cancel" || call.op === "supersede") && call.wrote.some(isFinalEvent)
    const raised = raises ? epoch + 1 : epoch
    return { epoch: raised, lease: call.row !== null && isOver(call.row.deploy) ? null : lease }
  }
}
