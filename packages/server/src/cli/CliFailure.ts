import { Schema } from "effect"
import { CliError } from "effect/cli"

/** Why a command could not do what it was asked to, in one line for a person. */
export class CliFailure extends Schema.TaggedError<CliFailure>()("CliFailure", { message: Schema.String }) {
  /** Shown as it is by the command line. */
  override get [CliError.userMessage]() {
    return this.message
  }
}
