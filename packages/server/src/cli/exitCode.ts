import { Effect } from "effect"

/** Says how the process ends where neither failing nor being interrupted says it. */
export const setExitCode = (code: number): Effect.Effect<void> =>
  Effect.sync(() => {
    process.exitCode = code
  })
