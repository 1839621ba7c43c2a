import {
  DeployEngine,
  type DeployId,
  DeployRunner,
  FiberDispatcher,
  LiveEvents,
  type RunnerSettings,
  runnerOptions
} from "@deploys/core"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import type { Database } from "../store/Database.ts"
import { FaultyStore, type FaultSource } from "../store/FaultyStore.ts"
import { catalog } from "../world/catalog.ts"
import * as SimulatedTarget from "../world/SimulatedTarget.ts"
import type { World } from "../world/World.ts"
import type { Dice } from "./Dice.ts"
import { Machine } from "./Machine.ts"
import type { Timeline } from "./Timeline.ts"

/** What all nodes of a run have in common. */
export interface Surroundings {
  readonly timeline: Timeline
  readonly database: Database
  readonly world: World
  readonly faults: FaultSource
  readonly settings: Partial<RunnerSettings>
  readonly manner: SimulatedTarget.Manner
  readonly dice: Dice
  readonly runs: Map<string, number>
}

/** A process that serves the engine and runs deploys. */
export class Node {
  readonly machine: Machine
  readonly store: FaultyStore
  /** Null until it has started. */
  engine: DeployEngine["Service"] | null = null
  #runner: DeployRunner["Service"] | null = null
  readonly #scope = Scope.makeUnsafe()

  constructor(name: string, around: Surroundings) {
    const { database, dice, faults, manner, runs, settings, timeline, world } = around
    this.machine = new Machine(name, timeline, dice.about(name))
    this.store = new FaultyStore(this.machine, database, faults, dice.about(`${name}/wire`))
    const layer = DeployEngine.layer.pipe(
      Layer.provideMerge(FiberDispatcher.layer),
      Layer.provideMerge(DeployRunner.layer),
      Layer.provide([
        LiveEvents.layer,
        this.store.layer,
        catalog,
        SimulatedTarget.layer(this.machine, world, manner, dice, runs),
        runnerOptions(settings)
      ])
    )
    this.machine.fork(Layer.buildWithScope(layer, this.#scope), (exit) => {
      if (Exit.isFailure(exit)) return
      this.engine = Context.get(exit.value, DeployEngine)
      this.#runner = Context.get(exit.value, DeployRunner)
    })
  }

  get isServing(): boolean {
    return this.machine.isUp && this.engine !== null
  }

  /** Runs these deploys, without being asked to by its dispatcher. */
  hasten(ids: Iterable<DeployId>): void {
    for (const id of ids) if (this.#runner !== null) this.machine.fork(this.#runner.run(id))
  }

  /** Stops it in good order, and then tells what it left behind. */
  stop(stopped: (leaks: ReadonlyArray<string>) => void): void {
    this.engine = null
    this.machine.interrupt()
    this.machine.fork(Scope.close(this.#scope, Exit.void), () => {
      this.machine.fork(Effect.yieldNow, () => {
        const { name, sleeping } = this.machine
        this.machine.kill()
        stopped(sleeping === 0 ? [] : [`${name} has stopped, and ${sleeping} of its fibers still sleep`])
      })
    })
  }
}
