import { Context, type Duration, Layer } from "effect"

/** How a runner holds and limits the deploys that it runs. */
export interface RunnerSettings {
  /** How long a claim holds without being renewed. A killed node's deploys are taken up after it. Default: 15 seconds. */
  readonly lease: Duration.Input
  /** How often claims are renewed. Default: 5 seconds. */
  readonly renewEvery: Duration.Input
  /** Wall time that a deploy may take from its start; over it, it fails as `timed_out`. Default: 1 hour. */
  readonly deployTimeout: Duration.Input
  /** How often an attempt of a step may be started and end in a crash before the step fails. Default: 5. */
  readonly maxStarts: number
  /** Deploys that run at once in this process. Default: 16. */
  readonly maxRunning: number
  /**
   * Deploys of one workspace that run or settle at once, over all nodes on one store. Each node goes by its own setting, so
   * it has to be the same on all. Default: `Infinity`, since how much of a host one workspace may take is the host's to say,
   * and workspaces take turns without it.
   */
  readonly maxRunningPerWorkspace: number
  /**
   * How long steps at work may go on when the runner is stopped; what has not reached the end of its step by then is
   * interrupted, and run again by whoever goes on. Default: none.
   */
  readonly grace: Duration.Input
  /** How often to look for work that no wake-up told of. Default: 1 second. */
  readonly pollEvery: Duration.Input
}

const defaults: RunnerSettings = {
  lease: "15 seconds",
  renewEvery: "5 seconds",
  deployTimeout: "1 hour",
  maxStarts: 5,
  maxRunning: 16,
  maxRunningPerWorkspace: Number.POSITIVE_INFINITY,
  grace: 0,
  pollEvery: "1 second"
}

/** The settings of the runners of a process. */
export const RunnerOptions = Context.Reference<RunnerSettings>("@deploys/core/RunnerOptions", {
  defaultValue: () => defaults
})

/** Sets some of the settings, for the layers that it is provided to. */
export const runnerOptions = (settings: Partial<RunnerSettings>): Layer.Layer<never> =>
  Layer.succeed(RunnerOptions, { ...defaults, ...settings })
