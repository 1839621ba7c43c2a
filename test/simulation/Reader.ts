import { type DeployId, trustedPrincipal } from "@deploys/core"
import { Effect, Exit, Stream } from "effect"
import type { Reading } from "./History.ts"
import type { Machine } from "./machine/Machine.ts"
import type { Node } from "./machine/Node.ts"
import type { Timeline } from "./machine/Timeline.ts"

/** Who asks for everything. */
export const ada = trustedPrincipal("ada")

/** Reads the feed of a deploy to its end, over as many connections as that takes. */
export class Reader {
  isDone = false
  #connections = 0
  #on: Machine | null = null
  readonly #deployId: DeployId
  readonly #timeline: Timeline
  readonly #serving: () => Node | undefined
  readonly #sequences: Array<number> = []

  constructor(deployId: DeployId, timeline: Timeline, serving: () => Node | undefined) {
    this.#deployId = deployId
    this.#timeline = timeline
    this.#serving = serving
  }

  get reading(): Reading {
    return { deployId: this.#deployId, sequences: this.#sequences, connections: this.#connections }
  }

  connect(): void {
    const node = this.#serving()
    if (node === undefined || node.engine === null) return this.#later()
    this.#connections += 1
    this.#on = node.machine
    const feed = node.engine.events(ada, this.#deployId, { after: this.#sequences.at(-1) ?? 0 })
    const reading = Stream.runForEach(feed, (event) =>
      Effect.sync(() => void (event.type !== "progress" && this.#sequences.push(event.sequence)))
    )
    node.machine.fork(reading, (exit) => {
      if (Exit.isSuccess(exit)) this.isDone = true
      else this.lost(node.machine)
    })
  }

  lost(machine: Machine): void {
    if (this.#on === machine && !this.isDone) this.#later()
  }

  #later(): void {
    this.#on = null
    this.#timeline.after(300, () => this.connect())
  }
}
