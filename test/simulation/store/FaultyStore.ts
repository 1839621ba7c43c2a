import { type DeployId, DeployStore, type StoreChange, StoreError } from "@deploys/core"
import { Effect, Exit, Layer, Option, PubSub, Stream } from "effect"
import type { CallFault, Operation } from "../Faults.ts"
import type { Call, Change } from "../History.ts"
import { isFinalEvent } from "../invariants/Invariant.ts"
import type { Dice } from "../machine/Dice.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Timeline } from "../machine/Timeline.ts"
import type { Database, Recorded } from "./Database.ts"

/** What goes wrong with calls: asked once for each. */
export interface FaultSource {
  readonly take: (op: Operation) => CallFault | undefined
  readonly onKill: (machine: Machine) => void
}

/** A way from one machine to the database that delays, loses and repeats as it is told. */
export class FaultyStore {
  /** Until when every call fails, and until when no hint arrives. */
  cutUntil = 0
  deafUntil = 0
  readonly #machine: Machine
  readonly #timeline: Timeline
  readonly #database: Database
  readonly #faults: FaultSource
  readonly #dice: Dice
  readonly #hints: PubSub.PubSub<StoreChange>

  constructor(machine: Machine, database: Database, faults: FaultSource, dice: Dice) {
    this.#machine = machine
    this.#timeline = machine.timeline
    this.#database = database
    this.#faults = faults
    this.#dice = dice
    this.#hints = Effect.runSync(PubSub.unbounded<StoreChange>())
  }

  /** A hint of the database is on its way here. */
  hint(change: StoreChange): void {
    if (this.#timeline.now < this.deafUntil) return
    this.#timeline.after(this.#dice.between(1, 30), () =>
      this.#machine.submit(() => void PubSub.publishUnsafe(this.#hints, change))
    )
  }

  #call<A, E>(
    op: Operation,
    effect: Effect.Effect<A, E>,
    record: (exit: Exit.Exit<A, E>) => ReadonlyArray<Recorded>
  ): Effect.Effect<A, E | StoreError> {
    return Effect.callback((resume) => {
      const fault = this.#timeline.now < this.cutUntil ? cut(op) : this.#faults.take(op)
      const answer = (calls: ReadonlyArray<Call>, exit: Exit.Exit<A, E> | null, millis = 0) =>
        this.#timeline.after(this.#latency() + millis, () =>
          this.#machine.submit(() => {
            if (exit === null) return resume(Effect.fail(new StoreError({ operation: op, cause: fault?.what })))
            for (const call of calls) call.answered = this.#timeline.next()
            resume(exit)
          })
        )
      const perform = () => {
        const exit = this.#database.exit(effect)
        return [exit, record(exit).map((call) => this.#database.record(this.#machine.name, call))] as const
      }
      if (fault?.what === "killed before") return this.#kill()
      if (op === "insert") this.#database.insertsOnTheWay += 1
      const isGivenUp = fault?.what === "given up, then done"
      if (isGivenUp) answer([], null)
      const isLate = isGivenUp || fault?.what === "request late"
      this.#timeline.after(this.#latency() + (isLate ? fault.millis : 0), () => {
        if (op === "insert") this.#database.insertsOnTheWay -= 1
        if (fault?.what === "refused") return answer([], null)
        const [exit, calls] = perform()
        if (isGivenUp) return
        if (fault?.what === "killed behind") return this.#kill()
        if (fault?.what === "frozen behind") this.#machine.freeze(fault.millis)
        if (fault?.what === "done twice") this.#timeline.after(fault.millis, perform)
        answer(calls, fault?.what === "answer lost" ? null : exit, fault?.what === "answer late" ? fault.millis : 0)
      })
    })
  }

  #latency(): number {
    return this.#dice.between(1, 15)
  }

  #kill(): void {
    this.#machine.kill()
    this.#faults.onKill(this.#machine)
  }

  readonly #store = (): DeployStore["Service"] => {
    const { store } = this.#database
    const change = (deployId: DeployId) => this.#database.change(deployId)
    const others = (deployId: DeployId) => this.#database.others(deployId)
    return {
      insert: (request, options = {}) =>
        this.#call("insert", store.insert(request, options), (exit) =>
          Exit.isSuccess(exit)
            ? [
                { op: "insert", request, options, answer: exit.value, ...change(exit.value.id) },
                ...others(exit.value.id)
              ]
            : []
        ),
      remembered: (request) => this.#call("find", store.remembered(request), () => []),
      lane: (id) => this.#call("find", store.lane(id), () => []),
      waiting: (id) => this.#call("find", store.waiting(id), () => []),
      releaseHold: (id) => this.#call("releaseHold", store.releaseHold(id), () => [{ op: "releaseHold", request: id }]),
      find: (id) => this.#call("find", store.find(id), () => []),
      list: (query) => store.list(query),
      listJson: (query) => store.listJson(query),
      claimable: (options) => this.#call("claimable", store.claimable(options), () => []),
      claim: (request) =>
        this.#call("claim", store.claim(request), (exit) =>
          Exit.isSuccess(exit)
            ? [{ op: "claim", request, answer: Option.getOrNull(exit.value), ...change(request.deployId) }]
            : []
        ),
      move: (requests) =>
        this.#call("move", store.move(requests), (exit) =>
          requests.flatMap((request, index): ReadonlyArray<Recorded> => {
            const answer = Exit.isSuccess(exit) ? exit.value[index] : undefined
            if (answer === undefined) return []
            const moved = change(request.deployId)
            return [{ op: "move", request, answer, ...moved }, ...(isEnd(moved) ? others(request.deployId) : [])]
          })
        ),
      renew: (leases, leaseMillis) =>
        this.#call("renew", store.renew(leases, leaseMillis), (exit) =>
          Exit.isSuccess(exit) ? [{ op: "renew", request: { leases, leaseMillis }, answer: exit.value }] : []
        ),
      release: (leases) => this.#call("release", store.release(leases), () => [{ op: "release", request: leases }]),
      cancel: (request) =>
        this.#call("cancel", store.cancel(request), (exit) => [
          { op: "cancel", request, answer: Exit.isSuccess(exit) ? exit.value : null, ...change(request.deployId) }
        ]),
      events: (options) => this.#call("find", store.events(options), () => []),
      eventsOf: (options) => this.#call("find", store.eventsOf(options), () => []),
      openPositions: (lagMillis) => this.#call("find", store.openPositions(lagMillis), () => []),
      createdPositions: (options) => this.#call("find", store.createdPositions(options), () => []),
      changes: Stream.fromPubSub(this.#hints)
    }
  }

  readonly layer: Layer.Layer<DeployStore> = Layer.sync(DeployStore, this.#store)
}

const isEnd = ({ wrote }: Change): boolean => wrote.some(isFinalEvent)

const cut = (op: Operation): CallFault => ({ op, nth: 0, what: "refused", millis: 0 })
