import type { DeployId, EntityId } from "@deploys/core"
import type { MadeDeployment, TargetEffect } from "../History.ts"
import type { Timeline } from "../machine/Timeline.ts"

/** Which attempt of which step of which deploy did something, and where it ran. */
export type Doer = Pick<TargetEffect, "machine" | "deployId" | "entityId" | "step" | "attempt">

/** What the simulated target serves. It belongs to no machine, so what is on its way there lands whoever dies. */
export class World {
  readonly effects: Array<TargetEffect> = []
  readonly made = new Map<DeployId, MadeDeployment>()
  readonly uploaded = new Set<DeployId>()
  readonly live = new Map<EntityId, DeployId | null>()
  /** What was live before a deploy went live. */
  readonly #before = new Map<DeployId, DeployId | null>()
  readonly #timeline: Timeline

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  note(doer: Doer, what: TargetEffect["what"], seen?: TargetEffect["seen"]): void {
    this.effects.push({
      ...doer,
      order: this.#timeline.next(),
      at: this.#timeline.now,
      what,
      live: this.live.get(doer.entityId) ?? null,
      ...(seen === undefined ? {} : { seen })
    })
  }

  make(doer: Doer, deployment: MadeDeployment): void {
    this.made.set(deployment.deployId, deployment)
    this.note(doer, "landed")
  }

  upload(doer: Doer): void {
    this.uploaded.add(doer.deployId)
    this.note(doer, "landed")
  }

  dropUpload(doer: Doer): void {
    this.uploaded.delete(doer.deployId)
    this.note(doer, "undone")
  }

  remove(doer: Doer): void {
    this.made.delete(doer.deployId)
    this.note(doer, "undone")
  }

  goLive(doer: Doer): void {
    const earlier = this.live.get(doer.entityId) ?? null
    if (earlier !== doer.deployId) this.#before.set(doer.deployId, earlier)
    this.live.set(doer.entityId, doer.deployId)
    this.note(doer, "landed")
  }

  /** Puts back what was live before; `unresolved` where nothing was. */
  goBack(doer: Doer): "discarded" | "reverted" | "unresolved" {
    const earlier = this.#before.get(doer.deployId)
    const isLive = this.live.get(doer.entityId) === doer.deployId
    if (isLive && typeof earlier === "string") this.live.set(doer.entityId, earlier)
    this.note(doer, "undone")
    if (!isLive) return "discarded"
    return typeof earlier === "string" ? "reverted" : "unresolved"
  }
}
