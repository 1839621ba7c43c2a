import {
  type Catalog,
  type DeployId,
  DeployStore,
  type EntityId,
  isOver,
  type LeaseRef,
  MemoryStore,
  type StoreChange
} from "@deploys/core"
import { Context, Effect, type Exit, Layer, Option, Scope, Stream } from "effect"
import { catalog } from "../world/catalog.ts"
import type { Call, Change } from "../History.ts"
import { Dice } from "../machine/Dice.ts"
import { Machine } from "../machine/Machine.ts"
import type { Timeline } from "../machine/Timeline.ts"

/** A call as it is recorded, but for what every record has. */
export type Recorded = Call extends infer Each
  ? Each extends Call
    ? Omit<Each, "order" | "at" | "machine" | "answered">
    : never
  : never

/** The one store that all machines share, on a machine that never fails, with a record of every call that reached it. */
export class Database {
  readonly calls: Array<Call> = []
  readonly store: DeployStore["Service"]
  /** Inserts that have been sent and have not arrived, also those of machines that died since. */
  insertsOnTheWay = 0
  readonly #timeline: Timeline
  readonly #machine: Machine
  readonly #seen = new Map<DeployId, number>()
  readonly #entityOf = new Map<DeployId, EntityId>()
  /** What the last call has left, so that nobody has to look twice. */
  #idle = { calls: -1, is: true }
  /** Deploys that are not over. */
  readonly open = new Set<DeployId>()

  constructor(timeline: Timeline, layer: Layer.Layer<DeployStore, never, Catalog> = MemoryStore.layer) {
    this.#timeline = timeline
    this.#machine = new Machine("database", timeline, new Dice("database"))
    this.#now = Effect.runSyncWith(this.#machine.context)
    this.exit = Effect.runSyncExitWith(this.#machine.context)
    const scope = Scope.makeUnsafe()
    const built = Layer.buildWithScope(Layer.provide(layer, catalog), scope)
    this.store = Context.get(this.#now(built), DeployStore)
  }

  /** These do it without a moment's delay. */
  readonly #now: <A, E>(effect: Effect.Effect<A, E>) => A
  readonly exit: <A, E>(effect: Effect.Effect<A, E>) => Exit.Exit<A, E>

  /** Tells of every change. */
  listen(tell: (change: StoreChange) => void): void {
    this.#machine.fork(Stream.runForEach(this.store.changes, (change) => Effect.sync(() => tell(change))))
  }

  record(machine: string, call: Recorded): Call {
    const recorded: Call = { ...call, order: this.#timeline.next(), at: this.#timeline.now, machine, answered: null }
    this.calls.push(recorded)
    return recorded
  }

  /** What a call left of a deploy, and the events that it wrote. */
  change(deployId: DeployId): Change {
    const after = this.#seen.get(deployId) ?? 0
    const [found, wrote] = this.#now(
      Effect.zip(this.store.find(deployId), this.store.events({ deployId, after, limit: 10_000 }))
    )
    const row = Option.getOrNull(found)
    this.#seen.set(deployId, after + wrote.length)
    if (row !== null) this.#entityOf.set(deployId, row.deploy.entityId)
    if (row !== null && !isOver(row.deploy)) this.open.add(deployId)
    else this.open.delete(deployId)
    return { deployId, row, wrote }
  }

  /** What a call that was about one deploy left of the entity's others. */
  others(deployId: DeployId): ReadonlyArray<Recorded> {
    const entityId = this.#entityOf.get(deployId)
    return [...this.open]
      .filter((other) => other !== deployId && this.#entityOf.get(other) === entityId)
      .map((other) => ({ op: "supersede" as const, ...this.change(other) }))
      .filter(({ wrote }) => wrote.length > 0)
  }

  /** Whether everything is over but for what waits for somebody to release a hold. */
  get isIdle(): boolean {
    if (this.#idle.calls !== this.calls.length)
      this.#idle = { calls: this.calls.length, is: [...this.open].every((id) => this.waiting(id)?.for === "hold") }
    return this.#idle.is
  }

  waiting(deployId: DeployId) {
    return Option.getOrNull(this.#now(this.store.waiting(deployId)))
  }

  get lanes() {
    return [...new Set(this.#entityOf.values())].flatMap((id) => Option.toArray(this.#now(this.store.lane(id))))
  }

  /** Those of these leases that hold. */
  held(leases: ReadonlyArray<LeaseRef>) {
    return this.#now(this.store.renew(leases, 1))
  }

  /** All deploys that there are, in the order in which they were inserted. */
  get known(): Iterable<DeployId> {
    return this.#seen.keys()
  }

  row(deployId: DeployId) {
    return Option.getOrNull(this.#now(this.store.find(deployId)))
  }

  events(deployId: DeployId) {
    return this.#now(this.store.events({ deployId, after: 0, limit: 10_000 }))
  }
}
