import { IdGenerator } from "@deploys/core"
import { Clock, Context, Duration, Effect, type Exit, type Fiber, Metric, Random, References, Scheduler } from "effect"
import type { Dice } from "./Dice.ts"
import type { Timeline } from "./Timeline.ts"

/** When virtual time begins, in milliseconds of the wall clock. */
export const epochMillis = Date.UTC(2026, 10, 24, 12)

const idOf = (prefix: string, count: number) => `${prefix}_${String(count).padStart(26, "0")}`

const nanos = (millis: number) => BigInt(millis) * 1_000_000n

/**
 * A process of its own: its fibers run on its own scheduler and clock, so it can be killed (nothing of it runs ever again,
 * no finalizer either) and frozen (nothing of it runs for a while, and time goes on).
 */
export class Machine {
  readonly name: string
  readonly timeline: Timeline
  readonly context: Context.Context<never>
  /** How far the wall clock is off. Steps of it change nothing about sleeping or the monotonic clock. */
  clockOffset = 0
  /** Sleeps that are neither over nor given up. */
  sleeping = 0
  /** Fibers that have begun and have not ended. */
  fibers = 0
  #state: "up" | "frozen" | "dead" = "up"
  #held: Array<() => void> = []
  readonly #roots = new Set<Fiber.Fiber<unknown, unknown>>()
  readonly #atDeath: Array<() => void> = []

  constructor(name: string, timeline: Timeline, dice: Dice) {
    this.name = name
    this.timeline = timeline
    this.context = Context.empty().pipe(
      Context.add(Clock.Clock, this.#clock()),
      Context.add(Scheduler.Scheduler, this.#scheduler()),
      Context.add(Random.Random, dice),
      Context.add(IdGenerator, { next: (prefix: string) => Effect.sync(() => idOf(prefix, timeline.next())) }),
      Context.add(Metric.FiberRuntimeMetrics, {
        recordFiberStart: () => void (this.fibers += 1),
        recordFiberEnd: () => void (this.fibers -= 1)
      }),
      Context.add(References.TracerEnabled, false),
      Context.add(References.MinimumLogLevel, "None")
    )
  }

  get isDead(): boolean {
    return this.#state === "dead"
  }

  get isUp(): boolean {
    return this.#state === "up"
  }

  /** Runs this on the machine: soon, once it has thawed, or never. */
  submit(task: () => void): void {
    this.timeline.soon(() => this.#run(task))
  }

  #run(task: () => void): void {
    if (this.#state === "up") task()
    else if (this.#state === "frozen") this.#held.push(task)
  }

  /** Runs an effect in a fiber of the machine. `done` is never told when the machine dies before. */
  fork<A, E>(effect: Effect.Effect<A, E>, done: (exit: Exit.Exit<A, E>) => void = () => {}): void {
    this.submit(() => {
      const fiber = Effect.runForkWith(this.context)(effect)
      this.#roots.add(fiber)
      fiber.addObserver((exit) => {
        this.#roots.delete(fiber)
        done(exit)
      })
    })
  }

  /** Interrupts what was forked here: it ends in good order. */
  interrupt(): void {
    this.submit(() => {
      for (const fiber of this.#roots) fiber.interruptUnsafe()
    })
  }

  kill(): void {
    this.#state = "dead"
    this.#held = []
    for (const tell of this.#atDeath) tell()
  }

  onDeath(tell: () => void): void {
    this.#atDeath.push(tell)
  }

  freeze(millis: number): void {
    if (this.#state !== "up") return
    this.#state = "frozen"
    this.timeline.after(millis, () => this.thaw())
  }

  thaw(): void {
    if (this.#state !== "frozen") return
    this.#state = "up"
    const held = this.#held
    this.#held = []
    for (const task of held) this.submit(task)
  }

  #scheduler(): Scheduler.Scheduler {
    const dispatcher: Scheduler.SchedulerDispatcher = { scheduleTask: (task) => this.submit(task), flush: () => {} }
    return {
      executionMode: "async",
      shouldYield: (fiber: Fiber.Fiber<unknown, unknown>) => fiber.currentOpCount >= 2048,
      makeDispatcher: () => dispatcher
    }
  }

  #clock(): Clock.Clock {
    const wall = () => epochMillis + this.timeline.now + this.clockOffset
    const monotonic = () => nanos(this.timeline.now)
    return {
      currentTimeMillisUnsafe: wall,
      currentTimeMillis: Effect.sync(wall),
      currentTimeNanosUnsafe: () => nanos(wall()),
      currentTimeNanos: Effect.sync(() => nanos(wall())),
      monotonicTimeNanosUnsafe: monotonic,
      monotonicTimeNanos: Effect.sync(monotonic),
      sleep: (duration) => this.#sleep(Math.ceil(Duration.toMillis(duration)))
    }
  }

  #sleep(millis: number): Effect.Effect<void> {
    if (millis <= 0) return Effect.yieldNow
    if (!Number.isFinite(millis)) return Effect.never
    return Effect.callback((resume) => {
      let isWaited = true
      this.sleeping += 1
      const end = () => {
        if (isWaited) this.sleeping -= 1
        isWaited = false
      }
      this.timeline.after(millis, () => {
        if (!isWaited) return
        this.submit(() => {
          if (!isWaited) return
          end()
          resume(Effect.void)
        })
      })
      return Effect.sync(end)
    })
  }
}
