import {
  type Cancellation,
  type Catalog,
  type Deploy,
  type DeployEngine,
  type DeployId,
  type DeployStore,
  type LeaseRef,
  type OnceOptions
} from "@deploys/core"
import { Duration, Effect, Exit, type Layer } from "effect"
import type { CallFault, MachineFault, Operation } from "./Faults.ts"
import type { Asked, History } from "./History.ts"
import { Dice } from "./machine/Dice.ts"
import type { Machine } from "./machine/Machine.ts"
import { Node, type Surroundings } from "./machine/Node.ts"
import { Timeline } from "./machine/Timeline.ts"
import { ada, Reader } from "./Reader.ts"
import type { Ask, Scenario } from "./Scenario.ts"
import { Ownership } from "./invariants/Ownership.ts"
import { Database } from "./store/Database.ts"
import { attempts, type PlanVersion, versions } from "./world/SimulatedTarget.ts"
import { builds, entityIds, sourceEventId as eventIdOf } from "./world/catalog.ts"
import { World } from "./world/World.ts"

/** How long everything may take to come to its end once faults have ended. */
const patience = 120_000

/** What a run is made with. */
export interface SimulationOptions {
  /** Default: the store in memory. */
  readonly store?: Layer.Layer<DeployStore, never, Catalog>
  /** Told of every call as a machine makes it, and whether a deploy is not over then. */
  readonly onCall?: (op: Operation, isAnyOpen: boolean) => void
}

type Created = Exclude<Asked, { readonly what: "cancel" }>

/** A call that makes a deploy, and what tells it from others. */
interface CallOf {
  readonly request: string
  readonly make: (engine: DeployEngine["Service"]) => Effect.Effect<Deploy, { readonly _tag: string }>
}

/** One run of a scenario. */
class Simulation {
  readonly #scenario: Scenario
  readonly #options: SimulationOptions
  readonly #timeline = new Timeline()
  readonly #database: Database
  readonly #world = new World(this.#timeline)
  readonly #dice: Dice
  readonly #around: Surroundings
  readonly #nodes: Array<Node> = []
  readonly #asked: Array<Asked> = []
  readonly #leaks: Array<string> = []
  readonly #clocks: Array<History["clocks"][number]> = []
  readonly #counts = new Map<Operation, number>()
  readonly #deploys: Array<DeployId> = []
  #started = 0
  #lastLoss = 0
  #isShuttingDown = false
  #asking = 0
  #reader: Reader | null = null

  constructor(scenario: Scenario, options: SimulationOptions) {
    this.#scenario = scenario
    this.#options = options
    this.#database = new Database(this.#timeline, options.store)
    this.#dice = new Dice(`run ${scenario.name}`)
    this.#around = {
      timeline: this.#timeline,
      database: this.#database,
      world: this.#world,
      faults: { take: (op) => this.#take(op), onKill: (machine) => this.#lost(machine) },
      settings: scenario.settings,
      manner: scenario.manner,
      dice: this.#dice,
      runs: new Map(),
      policies: ({ id }) => scenario.policies[entityIds.indexOf(id)] ?? "queue",
      version: () => this.#version
    }
  }

  run(): History {
    const { asks, faults, hintsLost, machines, quietAt } = this.#scenario
    const hints = this.#dice.about("hints")
    this.#database.listen((change) => {
      for (const node of this.#nodes) if (!node.machine.isDead && !hints.chance(hintsLost)) node.store.hint(change)
    })
    for (let slot = 0; slot < machines; slot++) this.#start(slot)
    for (const ask of asks) this.#timeline.after(ask.at, () => this.#ask(ask))
    for (const fault of faults) if ("at" in fault) this.#timeline.after(fault.at, () => this.#strike(fault))
    this.#timeline.after(quietAt, () => this.#calm())
    this.#timeline.run(() => this.#isQuiet(), quietAt + patience)
    this.#shutDown()
    return this.#history()
  }

  get #version(): PlanVersion {
    const { upgrade, version } = this.#scenario
    return upgrade === undefined || this.#timeline.now < upgrade.at ? version : upgrade.version
  }

  #take(op: Operation): CallFault | undefined {
    const nth = (this.#counts.get(op) ?? 0) + 1
    this.#counts.set(op, nth)
    this.#options.onCall?.(op, this.#database.open.size > 0)
    if (this.#timeline.now >= this.#scenario.quietAt) return undefined
    return this.#scenario.faults.find(
      (fault): fault is CallFault => "op" in fault && fault.op === op && fault.nth === nth
    )
  }

  #start(slot: number): void {
    this.#started += 1
    this.#nodes[slot] = new Node(`m${slot}.${this.#started}`, this.#around)
  }

  /** A machine has died or was stopped: another takes its place after a while. */
  #lost(machine: Machine): void {
    if (!this.#isShuttingDown) this.#lastLoss = this.#timeline.now
    const slot = this.#nodes.findIndex((node) => node.machine === machine)
    this.#timeline.after(this.#dice.about(machine.name).between(200, 4000), () => this.#start(slot))
    this.#reader?.lost(machine)
  }

  #strike(fault: MachineFault): void {
    const node = this.#nodes[fault.machine]
    if (node === undefined || node.machine.isDead) return
    const until = this.#timeline.now + fault.millis
    if (fault.what === "kill") {
      node.machine.kill()
      this.#lost(node.machine)
    } else if (fault.what === "stop") this.#stop(node, () => this.#lost(node.machine))
    else if (fault.what === "freeze") node.machine.freeze(fault.millis)
    else if (fault.what === "deaf") node.store.deafUntil = until
    else if (fault.what === "cut") node.store.cutUntil = until
    else if (fault.what === "hasty") node.hasten(this.#database.open)
    else {
      node.machine.clockOffset += fault.millis
      this.#clocks.push({ at: this.#timeline.now, machine: node.machine.name, millis: fault.millis })
    }
  }

  /** Stops a node, or kills it when it takes too long to stop. */
  #stop(node: Node, stopped: () => void): void {
    if (!node.isServing) return
    node.stop((leaks) => {
      this.#leaks.push(...leaks)
      stopped()
    })
    this.#timeline.after(8000, () => {
      if (node.machine.isDead) return
      node.machine.kill()
      stopped()
    })
  }

  #calm(): void {
    for (const { machine, store } of this.#nodes) {
      machine.thaw()
      machine.clockOffset = 0
      store.cutUntil = 0
      store.deafUntil = 0
    }
  }

  #isQuiet(): boolean {
    if (this.#timeline.now < this.#scenario.quietAt && this.#asking > 0) return false
    if (this.#timeline.now < this.#lastAsk) return false
    const { insertsOnTheWay, isIdle } = this.#database
    return isIdle && insertsOnTheWay === 0 && this.#asking === 0 && (this.#reader?.isDone ?? true)
  }

  get #lastAsk(): number {
    return Math.max(0, ...this.#scenario.asks.map(({ at }) => at))
  }

  #serving(drawn: Dice): Node | undefined {
    const serving = this.#nodes.filter((node) => node.isServing)
    return serving[drawn.between(0, Math.max(0, serving.length - 1))]
  }

  #ask(ask: Ask): void {
    const dice = this.#dice.about(`ask at ${ask.at}`)
    if (ask.what === "cancel") return this.#cancel(this.#deploys.at(-1 - ask.nth), dice, 3)
    if (ask.what === "release") return this.#release(ask.build, dice, 3)
    const key = "key" in ask ? (ask.key ?? null) : null
    const call = this.#callOf(ask, key === null ? {} : { idempotencyKey: key })
    if (call === undefined) return
    const asked = { what: ask.what, key, request: call.request }
    this.#create(asked, call.make, dice, 3)
    if ("twice" in ask && ask.twice === true) this.#create(asked, call.make, dice.about("again"), 3)
  }

  #callOf(ask: Ask, once: OnceOptions): CallOf | undefined {
    const buildId = "build" in ask ? builds[ask.build] : undefined
    if (ask.what === "rollback") {
      const id = this.#goneBackTo(ask.nth)
      return id === undefined ? undefined : { request: id, make: (engine) => engine.rollback(ada, id, once) }
    }
    if (buildId === undefined) return undefined
    if (ask.what !== "event") return { request: buildId, make: (engine) => engine.create(ada, { buildId }, once) }
    const sourceEventId = eventIdOf(ask.build, ask.event)
    return {
      request: `${buildId} ${sourceEventId}`,
      make: (engine) => engine.deployForEvent(ada, { buildId, sourceEventId })
    }
  }

  /** One that has completed, where there is one: most rollbacks are to those. */
  #goneBackTo(nth: number): DeployId | undefined {
    const completed = this.#deploys.filter((id) => this.#database.row(id)?.deploy.status === "completed")
    return (nth === 3 || completed.length === 0 ? this.#deploys : completed).at(-1 - (nth % 2))
  }

  /** Asks for a deploy, and again when there was no answer and asking again makes no other one. */
  #create(asked: Pick<Created, "what" | "key" | "request">, make: CallOf["make"], dice: Dice, tries: number): void {
    const node = this.#serving(dice)
    if (node === undefined || node.engine === null) return
    this.#wait(node, Effect.result(make(node.engine)), (exit) => {
      const result = Exit.isSuccess(exit) ? exit.value : null
      const deployId = result?._tag === "Success" ? result.success.id : null
      const refused = result?._tag === "Failure" ? result.failure._tag : null
      const isKeyed = asked.key !== null || asked.what === "event"
      if (refused === "StoreError" && isKeyed && tries > 1) return this.#create(asked, make, dice, tries - 1)
      this.#asked.push({ ...asked, deployId, refused: refused === "StoreError" ? null : refused })
      if (deployId === null || this.#deploys.includes(deployId)) return
      this.#deploys.push(deployId)
      if (this.#scenario.read && this.#reader === null) this.#read(deployId)
    })
  }

  #release(build: number, dice: Dice, tries: number): void {
    const node = this.#serving(dice)
    const entityId = entityIds[build]
    if (entityId === undefined || node === undefined || node.engine === null || tries === 0) return
    this.#wait(node, Effect.result(node.engine.releaseHold(ada, entityId)), (exit) => {
      if (Exit.isSuccess(exit) && exit.value._tag === "Failure") this.#release(build, dice, tries - 1)
    })
  }

  #cancel(deployId: DeployId | undefined, dice: Dice, tries: number): void {
    const node = this.#serving(dice)
    if (deployId === undefined || node === undefined || node.engine === null || tries === 0) return
    this.#wait(
      node,
      Effect.result(node.engine.cancel(ada, deployId, { reason: `by ${node.machine.name}` })),
      (exit) => {
        const result = Exit.isSuccess(exit) ? exit.value : null
        const answer: Cancellation | null = result?._tag === "Success" ? result.success : null
        if (result?._tag === "Failure" && result.failure._tag === "StoreError") this.#cancel(deployId, dice, tries - 1)
        else this.#asked.push({ what: "cancel", deployId, answer })
      }
    )
  }

  /** Runs a call of the engine on a node; the run does not end before it has, or the node has died. */
  #wait<A, E>(node: Node, call: Effect.Effect<A, E>, done: (exit: Exit.Exit<A, E>) => void): void {
    this.#asking += 1
    let isWaiting = true
    const end = () => {
      if (isWaiting) this.#asking -= 1
      isWaiting = false
    }
    this.#timeline.after(this.#scenario.quietAt + patience / 2, end)
    node.machine.onDeath(end)
    node.machine.fork(call, (exit) => {
      end()
      done(exit)
    })
  }

  #read(deployId: DeployId): void {
    const dice = this.#dice.about("reader")
    this.#reader = new Reader(deployId, this.#timeline, () => this.#serving(dice))
    this.#reader.connect()
  }

  #shutDown(): void {
    let left = 0
    this.#isShuttingDown = true
    for (const node of this.#nodes) {
      if (!node.isServing) continue
      left += 1
      this.#stop(node, () => {
        left -= 1
      })
    }
    const { now } = this.#timeline
    this.#timeline.run(() => left === 0, now + 10_000)
    // What is still on its way to the target lands.
    this.#timeline.run(() => false, now + 20_000)
  }

  /** Leases that hold still. */
  #leases(ids: ReadonlyArray<DeployId>): ReadonlyArray<LeaseRef> {
    const ownership = new Ownership()
    for (const call of this.#database.calls) ownership.follow(call)
    return this.#database.held(ids.map((deployId) => ({ deployId, epoch: ownership.of(deployId).epoch })))
  }

  /** Machines that were lost are back by then, and each looks for work as often as it is set to. */
  #claimedWithin(): History["claimedWithin"] {
    const { quietAt, settings } = this.#scenario
    if (this.#lastLoss > quietAt) return null
    return { from: quietAt + 5000, millis: Duration.toMillis(settings.pollEvery ?? "1 second") + 1000 }
  }

  #history(): History {
    const ids = [...this.#database.known]
    return {
      calls: this.#database.calls,
      effects: this.#world.effects,
      rows: ids.flatMap((id) => {
        const record = this.#database.row(id)
        return record === null ? [] : [{ record, events: this.#database.events(id) }]
      }),
      made: [...this.#world.made.values()],
      live: this.#world.live,
      asked: this.#asked,
      uploaded: this.#world.uploaded,
      lanes: this.#database.lanes,
      waiting: new Map(
        ids.flatMap((id) => {
          const waiting = this.#database.waiting(id)
          return waiting === null ? [] : [[id, waiting] as const]
        })
      ),
      leases: this.#leases(ids),
      deployTimeoutMillis: Duration.toMillis(this.#scenario.settings.deployTimeout ?? "1 hour"),
      claimedWithin: this.#claimedWithin(),
      clocks: this.#clocks,
      finalPlan: versions[this.#version],
      readings: this.#reader === null ? [] : [this.#reader.reading],
      attempts,
      maxStarts: this.#scenario.settings.maxStarts ?? 5,
      leaks: this.#leaks
    }
  }
}

/** Runs a scenario to its end, and tells all that happened. */
export const simulate = (scenario: Scenario, options: SimulationOptions = {}): History => {
  // Every call of an `Effect.fn` notes where it was made, which is a quarter of what a run costs.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const history = new Simulation(scenario, options).run()
  Error.stackTraceLimit = stackTraceLimit
  return history
}
