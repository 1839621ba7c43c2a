import { Command } from "effect/cli"
import { tokenCreateCommand } from "./TokenCreateCommand.ts"
import { tokenListCommand } from "./TokenListCommand.ts"
import { tokenRevokeCommand } from "./TokenRevokeCommand.ts"

/** `deploys token`: the tokens that the server lets in. */
export const tokenCommand = Command.make("token").pipe(
  Command.withDescription("Issue, list and revoke the tokens that a server lets in."),
  Command.withSubcommands([tokenCreateCommand, tokenListCommand, tokenRevokeCommand])
)
