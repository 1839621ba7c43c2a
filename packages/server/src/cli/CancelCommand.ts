import { Console, Effect, Record } from "effect"
import { Command } from "effect/cli"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"
import { atServer, commandLayer } from "./commandLayer.ts"
import { repeated } from "./once.ts"
import { deployId, json, reason } from "./parameters.ts"
import { Screen } from "./Screen.ts"

const options = {
  id: deployId,
  reason: reason("Why, for those who look at the deploy later"),
  json: json("Print the server's answer")
}

type Given = Command.Command.Config.Infer<typeof options>

/** Cancelling a cancelled deploy succeeds again, so a cancel whose answer was lost may be repeated. */
const run = Effect.fnUntraced(function* ({ id, json, reason }: Given) {
  const { api, url } = yield* ApiClient
  const { print, style } = yield* Screen
  const call = api.deploys.cancel({ params: { id }, payload: Record.getSomes({ reason }) })
  const answer = yield* Effect.mapError(repeated(call), callFailure(url))
  yield* print(`${style.good("✓")} Cancelled: ${id} will never go live`)
  if (json) yield* Console.log(JSON.stringify(answer, null, 2))
})

/** `deploys cancel ID`: ends a deploy for good. */
export const cancelCommand = Command.make("cancel", options, (given) =>
  run(given).pipe(Effect.provide(commandLayer(given)))
).pipe(
  Command.withShortDescription("Cancel a deploy for good"),
  Command.withDescription(
    `Cancel a deploy: once this ends with 0 the deploy will never go live. Cancelling it again succeeds; one that has ended otherwise is an error. ${atServer}`
  ),
  Command.withExamples([
    { command: 'deploys cancel dep_01j00000000000000000000000 --reason "wrong branch"', description: "Say why" }
  ])
)
