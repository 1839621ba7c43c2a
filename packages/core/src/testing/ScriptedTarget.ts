/** Targets for tests: each step does what the test says. */
import { Effect, Layer, Schema } from "effect"
import { makePlan } from "../plan/Plan.ts"
import { makeStep, type Step, StepError, type StepOptions } from "../plan/Step.ts"
import { DeployTarget, type TargetRequest } from "../ports/DeployTarget.ts"

type Script = Partial<Omit<StepOptions<Schema.Json>, "name" | "output">>

const scripted = (name: string, run: StepOptions<Schema.Json>["run"], script: Script) =>
  makeStep({ name, output: Schema.Json, run, ...script })

/** A step that returns at once. */
export const succeeds = (name: string, output: Schema.Json = null, script: Script = {}): Step<Schema.Json> =>
  scripted(name, () => Effect.succeed(output), script)

/** A step that fails each time, and is not tried again unless the script says so. */
export const fails = (name: string, message = `${name} fails`, script: Script = {}): Step<Schema.Json> =>
  scripted(name, () => Effect.fail(new StepError({ message, retryable: script.retry !== undefined })), script)

/** A step that never ends, and stops when it is interrupted. */
export const hangs = (name: string, script: Script = {}): Step<Schema.Json> =>
  scripted(name, () => Effect.never, script)

/** A target whose plans are the steps that a test gives for what is to be deployed. */
export const layerOf = (steps: (request: TargetRequest) => ReadonlyArray<Step<unknown>>): Layer.Layer<DeployTarget> =>
  Layer.succeed(DeployTarget, { plan: (request) => makePlan(steps(request)) })

/** A target whose every plan is these steps. */
export const layer = (...steps: ReadonlyArray<Step<unknown>>): Layer.Layer<DeployTarget> => layerOf(() => steps)
