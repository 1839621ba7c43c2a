import type { RunContext, Step, StepContext } from "@deploys/core"
import { DeployTarget, makePlan, makeStep, StepError } from "@deploys/core"
import { Effect, Layer, Schedule, Schema } from "effect"
import type { Dice } from "../machine/Dice.ts"
import type { Machine } from "../machine/Machine.ts"
import type { Doer, World } from "./World.ts"

/** How the steps of the simulated target go: what is drawn for one attempt, in milliseconds and shares. */
export interface Manner {
  /** How long an attempt takes until it takes effect, and from then to its end. */
  readonly millis: (dice: Dice, step: string) => readonly [before: number, behind: number]
  readonly failure: (dice: Dice, step: string) => "none" | "before" | "behind" | "final"
  /** `lasting` falls alike in each run of the step, `dice` anew. */
  readonly undoFails: (dice: Dice, step: string, lasting: Dice) => boolean
  /** Whether the step takes its process down, each time that it is started. */
  readonly kills: (lasting: Dice, step: string) => boolean
}

/** Steps of the simulated target, and how often each is tried. */
export const attempts: ReadonlyMap<string, number> = new Map([
  ["stage", 3],
  ["upload", 3],
  ["activate", 2],
  ["verify", 2],
  ["check", 2]
])

/** The steps of the plans of each version of the host. */
export const versions = {
  plain: ["stage", "activate", "verify"],
  "with upload": ["stage", "upload", "activate", "verify"],
  "with another check": ["stage", "activate", "check"]
} as const
/** A version of the host, by what its plans have. */
export type PlanVersion = keyof typeof versions

const retry = (step: string) =>
  Schedule.spaced("300 millis").pipe(Schedule.upTo({ times: (attempts.get(step) ?? 1) - 1 }))

const limits = { attemptTimeout: "4 seconds", timeout: "10 seconds" } as const

const fail = (message: string, retryable = true) => Effect.fail(new StepError({ message, retryable }))

/** The steps of one deploy as one machine runs them. */
class Steps {
  readonly #machine: Machine
  readonly #world: World
  readonly #manner: Manner
  readonly #dice: Dice
  readonly #runs: Map<string, number>
  readonly #onKill: () => void

  constructor({ dice, machine, manner, onKill, runs, world }: TargetOptions) {
    this.#machine = machine
    this.#world = world
    this.#manner = manner
    this.#dice = dice
    this.#runs = runs
    this.#onKill = onKill
  }

  #doer({ deploy }: StepContext, step: string, attempt: number): Doer {
    return { machine: this.#machine.name, deployId: deploy.id, entityId: deploy.entityId, step, attempt }
  }

  /** Dice of one run of a step: the same whatever else happens. */
  #diceOf({ deploy }: StepContext, step: string): Dice {
    const name = `${deploy.entityId}/${deploy.sequenceNumber}/${step}`
    const run = (this.#runs.get(name) ?? 0) + 1
    this.#runs.set(name, run)
    return this.#dice.about(`${name}/${run}`)
  }

  /** Dice of all runs of a step together. */
  #lasting({ deploy }: StepContext, step: string): Dice {
    return this.#dice.about(`${deploy.entityId}/${deploy.sequenceNumber}/${step}/lasting`)
  }

  /** Nothing of the machine runs behind this, if the step is one that takes it down. */
  #perhapsKill(context: StepContext, step: string): boolean {
    if (!this.#manner.kills(this.#lasting(context, step).about("kills"), step)) return false
    this.#onKill()
    return true
  }

  #attempt(context: RunContext, step: string, effect: (doer: Doer) => void) {
    const doer = this.#doer(context, step, context.attempt)
    const dice = this.#diceOf(context, step)
    const [before, behind] = this.#manner.millis(dice, step)
    const failure = this.#manner.failure(dice, step)
    const note = (what: "began" | "ended") => Effect.sync(() => this.#world.note(doer, what))
    const work = Effect.gen({ self: this }, function* () {
      yield* note("began")
      if (this.#perhapsKill(context, step)) return yield* Effect.never
      if (failure === "final") return yield* fail(`${step} is refused`, false)
      yield* Effect.sleep(before)
      if (failure === "before") return yield* fail(`${step} fails`)
      yield* Effect.sync(() => effect(doer))
      yield* Effect.sleep(behind)
      if (failure === "behind") return yield* fail(`${step} fails late`)
    })
    return Effect.ensuring(work, note("ended"))
  }

  /** Asks the world for something that lands by itself: the machine only waits for the answer. */
  #request(context: RunContext, step: string, effect: (doer: Doer) => void) {
    const doer = this.#doer(context, step, context.attempt)
    const dice = this.#diceOf(context, step)
    const [before, behind] = this.#manner.millis(dice, step)
    const failure = this.#manner.failure(dice, step)
    return Effect.callback<void, StepError>((resume) => {
      const { timeline } = this.#machine
      const isLost = failure === "before" || failure === "final"
      this.#world.note(doer, "began")
      if (this.#perhapsKill(context, step)) return
      if (!isLost) timeline.after(before, () => effect(doer))
      timeline.after(before + behind, () => {
        this.#world.note(doer, "ended")
        this.#machine.submit(() =>
          resume(
            failure === "none"
              ? Effect.void
              : failure === "final"
                ? fail(`${step} is refused`, false)
                : fail(`${step} fails`)
          )
        )
      })
    })
  }

  #undo<A extends "discarded" | "reverted" | "unresolved">(
    context: StepContext,
    step: string,
    undo: (doer: Doer) => A
  ) {
    const dice = this.#diceOf(context, `undo ${step}`)
    const [before] = this.#manner.millis(dice, `undo ${step}`)
    const fails = this.#manner.undoFails(dice, step, this.#lasting(context, `undo ${step}`))
    return Effect.andThen(
      Effect.sleep(before),
      fails
        ? Effect.suspend(() => this.#undoFails(context, step))
        : Effect.sync(() => undo(this.#doer(context, step, 0)))
    )
  }

  #undoFails(context: StepContext, step: string) {
    this.#world.note(this.#doer(context, step, 0), "undo failed")
    return fail(`${step} can't be undone`)
  }

  readonly stage = makeStep({
    name: "stage",
    output: Schema.String,
    retry: retry("stage"),
    ...limits,
    run: (context) => {
      const { buildId, entityId, id } = context.deploy
      const made = { deployId: id, entityId, buildId }
      return Effect.as(
        this.#attempt(context, "stage", (doer) => this.#world.make(doer, made)),
        `${this.#machine.name} staged ${buildId}`
      )
    },
    compensation: (context) =>
      this.#undo(context, "stage", (doer) => {
        this.#world.remove(doer)
        return "discarded"
      })
  })

  readonly activate = makeStep({
    name: "activate",
    output: Schema.Null,
    retry: retry("activate"),
    ...limits,
    cancellation: "discard",
    productionUrl: () => "https://live.example",
    run: (context) =>
      Effect.gen({ self: this }, function* () {
        const output = yield* context.outputOf(this.stage)
        const doer = this.#doer(context, "activate", context.attempt)
        this.#world.note(doer, "saw", { step: "stage", output })
        yield* this.#request(context, "activate", (doer) => this.#world.goLive(doer))
        return null
      }),
    compensation: (context) => this.#undo(context, "activate", (doer) => this.#world.goBack(doer))
  })

  readonly upload = makeStep({
    name: "upload",
    output: Schema.Null,
    retry: retry("upload"),
    ...limits,
    cancellation: "discard",
    run: (context) =>
      Effect.as(
        this.#request(context, "upload", (doer) => this.#world.upload(doer)),
        null
      ),
    compensation: (context) => this.#dropUpload(context),
    discarded: (context) => this.#dropUpload(context)
  })

  readonly #dropUpload = (context: StepContext) =>
    this.#undo(context, "upload", (doer) => {
      this.#world.dropUpload(doer)
      return "discarded"
    })

  readonly #looking = (name: "verify" | "check") =>
    makeStep({
      name,
      output: Schema.Null,
      retry: retry(name),
      ...limits,
      run: (context) =>
        Effect.gen({ self: this }, function* () {
          yield* this.#attempt(context, name, (doer) => this.#world.note(doer, "landed"))
          const { entityId, id } = context.deploy
          return this.#world.live.get(entityId) === id ? null : yield* fail("production serves something else")
        })
    })

  readonly verify = this.#looking("verify")

  readonly check = this.#looking("check")

  plan(version: PlanVersion): ReadonlyArray<Step<unknown>> {
    return versions[version].map((name) => this[name])
  }
}

/** What a machine reaches the target with. */
export interface TargetOptions {
  readonly machine: Machine
  readonly world: World
  readonly manner: Manner
  readonly dice: Dice
  /** Counts the runs of each step over all machines. */
  readonly runs: Map<string, number>
  readonly version: PlanVersion
  /** Takes the machine down. */
  readonly onKill: () => void
}

/** The target as one machine reaches it. */
export const layer = (options: TargetOptions) => {
  const steps = new Steps(options)
  return Layer.succeed(DeployTarget, { plan: () => makePlan(steps.plan(options.version)) })
}
