import { Context, type Duration } from "effect"

/** How a runner holds and limits the deploys that it runs. Hosts override single ones with `Layer.succeed`. */
export const RunnerOptions = Context.Reference<{
  /** How long a claim holds without being renewed. A killed node's deploys are taken up after it. Default: 15 seconds. */
  readonly lease: Duration.Input
  /** How often claims are renewed. Default: 5 seconds. */
  readonly renewEvery: Duration.Input
  /** Wall time that a deploy may take from its start; over it, it fails as `timed_out`. Default: 1 hour. */
  readonly deployTimeout: Duration.Input
  /** How often a step may be started and end in a crash before it fails. Default: 5. */
  readonly maxStarts: number
  /** Deploys that run at once in this process. Default: 16. */
  readonly maxRunning: number
  /** How often to look for work that no wake-up told of. Default: 1 second. */
  readonly pollEvery: Duration.Input
}>("@deploys/core/RunnerOptions", {
  defaultValue: () => ({
    lease: "15 seconds",
    renewEvery: "5 seconds",
    deployTimeout: "1 hour",
    maxStarts: 5,
    maxRunning: 16,
    pollEvery: "1 second"
  })
})
