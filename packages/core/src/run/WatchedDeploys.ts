import { type DeployEvent, isLastEvent } from "../domain/DeployEvent.ts"
import type { DeployId } from "../domain/Id.ts"
import type { EventPosition, EventPositions } from "../ports/DeployStore.ts"

/** Deploys left aside that are remembered, so that a hint about one of them costs no look at it. */
const rememberedAside = 4096

interface Watched {
  readonly createdAt: string
  /** The number of the last event that was given out. */
  after: number
}

/**
 * What a feed of many deploys knows of them.
 *
 * It stands at a place in the order of their creation, and this always holds: a deploy created before it either is known
 * here or has nothing more to tell; one created behind it that is not known here has told nothing yet. So a deploy can be
 * dropped once it is over and the place has passed it, and what is kept are those that are not over and the youngest.
 */
export class WatchedDeploys {
  readonly #accepts: (position: EventPosition) => boolean
  readonly #known = new Map<DeployId, Watched>()
  /** Known ones that are not over; looked at in turn. */
  readonly #open = new Set<DeployId>()
  readonly #over = new Set<DeployId>()
  readonly #aside = new Set<DeployId>()
  /** Known ones that may have something new to tell. */
  readonly #due = new Set<DeployId>()
  #place: { readonly createdAt: EventPosition["createdAt"]; readonly id: string }

  constructor(start: EventPositions, accepts: (position: EventPosition) => boolean) {
    this.#accepts = accepts
    this.#place = { createdAt: start.horizon, id: "" }
    for (const position of start.positions) if (accepts(position)) this.#add(position, position.lastEvent)
  }

  #add({ createdAt, deployId, isOver }: EventPosition, after: number): void {
    this.#known.set(deployId, { createdAt, after })
    this.#end(deployId, isOver && after > 0)
  }

  #end(id: DeployId, isOver: boolean): void {
    if (isOver) this.#open.delete(id)
    ;(isOver ? this.#over : this.#open).add(id)
  }

  #isPassed(createdAt: string, id: DeployId): boolean {
    return `${createdAt} ${id}` <= `${this.#place.createdAt} ${this.#place.id}`
  }

  get place() {
    return this.#place
  }

  /** How many deploys are known. */
  get size(): number {
    return this.#known.size
  }

  /** Whether the deploy is among those that are given out. */
  knows(id: DeployId): boolean {
    return this.#known.has(id)
  }

  /** Takes a hint about a deploy. False: nothing is known of it, so it has to be found first. */
  hint(id: DeployId): boolean {
    if (this.#open.has(id)) this.#due.add(id)
    return this.#known.has(id) || this.#aside.has(id)
  }

  /** Takes a deploy that was found and is not known. */
  meet(position: Omit<EventPosition, "lastEvent">): void {
    const { createdAt, deployId } = position
    const whole = { ...position, lastEvent: 0 }
    if (this.#known.has(deployId)) return
    if (!this.#accepts(whole)) return this.#setAside(deployId)
    if (position.isOver && this.#isPassed(createdAt, deployId)) return
    this.#add(whole, 0)
    this.#due.add(deployId)
  }

  #setAside(id: DeployId): void {
    this.#aside.add(id)
    const [oldest] = this.#aside
    if (this.#aside.size > rememberedAside && oldest !== undefined) this.#aside.delete(oldest)
  }

  /** Takes the deploys created next, and drops what is over and passed. True: there may be more of them. */
  pass({ horizon, positions }: EventPositions, limit: number): boolean {
    for (const position of positions) this.meet(position)
    const last = positions.length < limit ? undefined : positions.at(-1)
    const next = last === undefined ? { createdAt: horizon, id: "" } : { createdAt: last.createdAt, id: last.deployId }
    // A clock that went back does not take the place back: what was passed would be told again.
    if (next.createdAt >= this.#place.createdAt) this.#place = next
    for (const id of this.#over) {
      if (!this.#isPassed(this.#known.get(id)?.createdAt ?? "", id)) continue
      this.#over.delete(id)
      this.#known.delete(id)
    }
    return last !== undefined
  }

  /** Makes so many of those that are not over due, whether a hint came or not: the others next time. */
  makeDue(count: number): void {
    for (const id of this.#open.values().take(count).toArray()) {
      this.#due.add(id)
      this.#open.delete(id)
      this.#open.add(id)
    }
  }

  /** Up to so many deploys that may have something to tell, and from where. */
  due(count: number): ReadonlyArray<{ readonly deployId: DeployId; readonly after: number }> {
    return [...this.#due.values().take(count)].map((deployId) => ({
      deployId,
      after: this.#known.get(deployId)?.after ?? 0
    }))
  }

  /** Takes what was read of these deploys, in their order; `isAll` if there was no more to read. */
  told(
    asked: ReadonlyArray<{ readonly deployId: DeployId }>,
    events: ReadonlyArray<DeployEvent>,
    isAll: boolean
  ): void {
    const unfinished = isAll ? undefined : events.at(-1)?.deployId
    for (const { deployId } of asked) {
      if (deployId === unfinished) break
      this.#due.delete(deployId)
    }
    for (const event of events) {
      const watched = this.#known.get(event.deployId)
      if (watched === undefined) continue
      watched.after = event.sequence
      if (isLastEvent(event)) this.#end(event.deployId, true)
    }
  }
}
