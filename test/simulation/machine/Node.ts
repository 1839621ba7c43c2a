import {
  DeployEngine,
  type DeployId,
  DeployRunner,
  type Entity,
  FiberDispatcher,
  LiveEvents,
  queuePolicies,
  type QueuePolicy,
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
  readonly policies: (entity: Entity) => QueuePolicy
  /** The version of the host that is started now. */
  readonly version: () => SimulatedTarget.PlanVersion
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
    const { database, dice, faults, manner, policies, runs, settings, timeline, version, world } = around
    const machine = new Machine(name, timeline, dice.about(name))
    const onKill = () => {
      machine.kill()
      faults.onKill(machine)
    }
    this.machine = machine
    this.store = new FaultyStore(this.machine, database, faults, dice.about(`${name}/wire`))
    const layer = DeployEngine.layer.pipe(
      Layer.provideMerge(FiberDispatcher.layer),
      Layer.provideMerge(DeployRunner.layer),
      Layer.provide([
        LiveEvents.layer,
        this.store.layer,
        catalog,
        SimulatedTarget.layer({ machine, world, manner, dice, runs, version: version(), onKill }),
        queuePolicies(policies),
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
      // What was run here by itself has been interrupted, and ends with the answers that it waits for.
      this.machine.fork(Effect.sleep(50), () => {
        const { fibers, name, sleeping } = this.machine
        this.machine.kill()
        const left = { "still sleep": sleeping, "are still there": fibers }
        stopped(
          Object.entries(left).flatMap(([how, count]) =>
            count === 0 ? [] : [`${name} has stopped, and ${count} of its fibers ${how}`]
          )
        )
      })
    })
  }
}
