import { TokenId } from "@deploys/core"
import { Console, Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"
import { atServer, commandLayer } from "./commandLayer.ts"
import { repeated } from "./once.ts"
import { json, read } from "./parameters.ts"
import { Screen } from "./Screen.ts"

const options = {
  id: Argument.String("ID").pipe(
    Argument.filterMap(...read(TokenId, "a token's id such as tok_01j00000000000000000000000, not the token itself")),
    Argument.withDescription("Id of the token: tok_…")
  ),
  json: json("Print { id, revoked }")
}

type Given = Command.Command.Config.Infer<typeof options>

/** Revoking a revoked token succeeds again, so one whose answer was lost may be repeated. */
const run = Effect.fnUntraced(function* ({ id, json }: Given) {
  const { api, url } = yield* ApiClient
  const { print, style } = yield* Screen
  yield* Effect.mapError(repeated(api.tokens.revoke({ params: { id } })), callFailure(url))
  yield* print(`${style.good("✓")} Revoked: ${id} lets nobody in any more`)
  if (json) yield* Console.log(JSON.stringify({ id, revoked: true }, null, 2))
})

/** `deploys token revoke ID`: ends a token for good. */
export const tokenRevokeCommand = Command.make("revoke", options, (given) =>
  run(given).pipe(Effect.provide(commandLayer(given)))
).pipe(
  Command.withShortDescription("Revoke a token for good"),
  Command.withDescription(
    `Revoke a token for good: at once on the server that answers, within a second on others of the same database. ${atServer}`
  ),
  Command.withExamples([
    { command: "deploys token revoke tok_01j00000000000000000000000", description: "End a token by its id" }
  ])
)
