import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Effect, Exit, Layer, Logger, Runtime } from "effect"
import { CliOutput, Command, TerminalCapabilities } from "effect/cli"
import { cancelCommand } from "./cli/CancelCommand.ts"
import { deployCommand } from "./cli/DeployCommand.ts"
import { listCommand } from "./cli/ListCommand.ts"
import { logsCommand } from "./cli/LogsCommand.ts"
import { migrateCommand } from "./cli/MigrateCommand.ts"
import { rollbackCommand } from "./cli/RollbackCommand.ts"
import { serveCommand } from "./cli/ServeCommand.ts"
import { showCommand } from "./cli/ShowCommand.ts"
import { tokenCommand } from "./cli/TokenCommand.ts"
import * as UsageErrors from "./cli/UsageErrors.ts"

const command = Command.make("deploys").pipe(
  Command.withDescription("Put sites live, step by step, on a server of your own."),
  Command.withSubcommands([
    serveCommand,
    deployCommand,
    listCommand,
    showCommand,
    logsCommand,
    cancelCommand,
    rollbackCommand,
    tokenCommand,
    migrateCommand
  ])
)

/** An error is one line on standard error. */
const formatter = {
  ...CliOutput.defaultFormatter(),
  formatError: (error: { readonly message: string }) => `deploys: ${error.message}`,
  formatErrors: (errors: ReadonlyArray<{ readonly message: string }>) =>
    errors.map(({ message }) => `deploys: ${message}`).join("\n")
}

/** Standard output belongs to what a command prints, so logs go to standard error. */
const logs = Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])

const layer = Layer.mergeAll(CliOutput.layer(formatter), UsageErrors.layer, TerminalCapabilities.layer, logs).pipe(
  Layer.provideMerge(NodeServices.layer)
)

/** Commands say how they end by `process.exitCode`, where failing or being interrupted doesn't say it. */
const teardown: Runtime.Teardown = (exit, onExit) => {
  const said = process.exitCode === undefined ? undefined : Number(process.exitCode)
  const failed = Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)
  // A failure is never 0, whatever was said before it.
  if (said !== undefined && (said !== 0 || !failed)) return onExit(said)
  return Runtime.defaultTeardown(exit, onExit)
}

/** What shells report of a program that wrote to a reader which had gone. */
const brokenPipe = 141

/** A reader that has had enough, as `head` has, ends the command: there is nobody to tell more. */
const endWithReader = Effect.sync(() =>
  process.stdout.on("error", (error) => process.exit("code" in error && error.code === "EPIPE" ? brokenPipe : 1))
)

/** Runs the command line of this process. */
export const main = (version: string): void =>
  Effect.andThen(endWithReader, Command.run(command, { version })).pipe(
    Effect.provide(layer),
    NodeRuntime.runMain({ teardown })
  )
