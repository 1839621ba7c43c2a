import { DeployTarget, makePlan, makeStep, type RunContext, type StepContext, StepError } from "@deploys/core"
import { Effect, Layer, Schedule, Schema } from "effect"
import type { Entry, World } from "./World.ts"

const Millis = Schema.Natural.pipe(Schema.withDecodingDefaultKey(Effect.succeed(20)))

/** What the metadata of a deploy tells the steps of the chaos target to do. */
export const Manner = Schema.Struct({
  /** How long each attempt takes; it takes effect after a third of it. */
  prepare: Millis,
  stage: Millis,
  activate: Millis,
  verify: Millis,
  /** How many attempts of `stage` fail; it has three. */
  failures: Schema.Natural.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  /** The process on which every start of `prepare` does the following two; where it is empty, the first start anywhere. */
  on: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed(""))),
  /** How much longer it takes. */
  hold: Schema.Natural.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  /** For how long it then leaves the event loop no turn. */
  block: Schema.Natural.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))
})
/** What the steps are told to do. */
export type Manner = Partial<typeof Manner.Encoded>

const decodeManner = Schema.decodeUnknownEffect(Manner)

const mannerOf = ({ deploy }: StepContext) => Effect.orDie(decodeManner(deploy.metadata["chaos"] ?? {}))

const busy = (millis: number) => {
  const until = performance.now() + millis
  while (performance.now() < until);
}

const limits = {
  output: Schema.String,
  retry: Schedule.spaced("30 millis").pipe(Schedule.upTo({ times: 2 })),
  attemptTimeout: "1 minute",
  timeout: "2 minutes"
} as const

/** The steps as one process runs them. Each returns the name of its process. */
const stepsOf = (world: World, node: string) => {
  const note = ({ deploy }: StepContext, step: string, what: Entry["what"], starts = 0) =>
    Effect.sync(() => world.note({ node, deployId: deploy.id, entityId: deploy.entityId, step, what, starts }))

  const attempt = (context: RunContext, step: "prepare" | "stage" | "activate" | "verify", effect: () => void) =>
    Effect.gen(function* () {
      const manner = yield* mannerOf(context)
      yield* note(context, step, "began", context.starts)
      if (step === "prepare" && (manner.on === "" ? context.starts === 1 : node === manner.on)) {
        yield* Effect.sleep(manner.hold)
        busy(manner.block)
      }
      yield* Effect.sleep(manner[step] / 3)
      if (step === "stage" && context.attempt <= manner.failures)
        return yield* new StepError({ message: "stage fails" })
      effect()
      yield* note(context, step, "landed", context.starts)
      yield* Effect.sleep((manner[step] * 2) / 3)
      yield* note(context, step, "ended", context.starts)
      return node
    }).pipe(Effect.onInterrupt(() => note(context, step, "stopped", context.starts)))

  const undo = <A>(context: StepContext, step: string, effect: () => A) =>
    Effect.andThen(Effect.sleep("10 millis"), Effect.tap(Effect.sync(effect), note(context, step, "undone")))

  const prepare = makeStep({
    name: "prepare",
    ...limits,
    run: (context) => attempt(context, "prepare", () => undefined)
  })

  const stage = makeStep({
    name: "stage",
    ...limits,
    run: (context) => attempt(context, "stage", () => world.make(context.deploy.id)),
    compensation: (context) =>
      undo(context, "stage", () => {
        // What is served stays whole: there was nothing to go back to.
        if (world.live(context.deploy.entityId) === context.deploy.id) return "unresolved"
        world.remove(context.deploy.id)
        return "discarded"
      })
  })

  const activate = makeStep({
    name: "activate",
    ...limits,
    cancellation: "discard",
    previewUrl: () => "https://preview.example",
    productionUrl: () => "https://live.example",
    run: (context) => attempt(context, "activate", () => world.goLive(context.deploy.entityId, context.deploy.id)),
    compensation: (context) => undo(context, "activate", () => world.goBack(context.deploy.entityId, context.deploy.id))
  })

  const verify = makeStep({
    name: "verify",
    ...limits,
    run: (context) =>
      Effect.tap(
        attempt(context, "verify", () => undefined),
        () =>
          world.live(context.deploy.entityId) === context.deploy.id
            ? Effect.void
            : new StepError({ message: "production serves another deploy" })
      )
  })
  return [prepare, stage, activate, verify]
}

/** A target that several processes share, with steps that take as long as their deploy's metadata says. */
export const layer = (world: World, node: string): Layer.Layer<DeployTarget> =>
  Layer.succeed(DeployTarget, { plan: () => makePlan(stepsOf(world, node)) })
