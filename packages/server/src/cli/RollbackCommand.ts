import { Console, Effect, Record } from "effect"
import { Command, Flag } from "effect/cli"
import { ApiClient } from "./ApiClient.ts"
import { nameOf, visibleApps } from "./appNames.ts"
import { callFailure } from "./callFailure.ts"
import { atServer, commandLayer } from "./commandLayer.ts"
import { setExitCode } from "./exitCode.ts"
import { once } from "./once.ts"
import { deployId, json, reason } from "./parameters.ts"
import { Screen } from "./Screen.ts"
import { printOutcome, watchDeploy } from "./watchDeploy.ts"

const options = {
  id: deployId,
  reason: reason("Why, for those who find the app's automatic deploys held back"),
  follow: Flag.Boolean("follow").pipe(
    Flag.withAlias("f"),
    Flag.withDescription("Follow the new deploy; exit code 0 once it is live, 1 when it failed"),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  json: json("Print the new deploy; with --follow once it is over")
}

type Given = Command.Command.Config.Infer<typeof options>

const run = Effect.fnUntraced(function* ({ follow, id, json, reason }: Given) {
  const { api, url } = yield* ApiClient
  const { print, style } = yield* Screen
  const { body: created } = yield* Effect.mapError(
    once((headers) => api.deploys.rollback({ params: { id }, headers, payload: Record.getSomes({ reason }) })),
    callFailure(url)
  )
  const app = json ? "" : nameOf(yield* visibleApps, created.entityId)
  yield* print(`${style.good("✓")} Deploy ${created.sequenceNumber} of ${app} goes back to ${id}: ${created.id}`)
  yield* print(style.faint(`  Automatic deploys of ${app} wait until its hold is released`))
  const deploy = follow ? yield* watchDeploy(created) : undefined
  if (deploy !== undefined) yield* printOutcome(deploy)
  if (json) yield* Console.log(JSON.stringify(deploy ?? created, null, 2))
  if (deploy !== undefined && deploy.status !== "completed") yield* setExitCode(1)
})

/** `deploys rollback ID`: goes back to a completed deploy by a new one. */
export const rollbackCommand = Command.make("rollback", options, (given) =>
  run(given).pipe(Effect.provide(commandLayer(given)))
).pipe(
  Command.withShortDescription("Go back to a completed deploy"),
  Command.withDescription(
    `Go back to a completed deploy by a new one of its build. Automatic deploys of the app are then held back until a person releases the hold or a newer manual deploy completes. ${atServer}`
  ),
  Command.withExamples([
    {
      command: 'deploys rollback dep_01j00000000000000000000000 --reason "checkout is broken" --follow',
      description: "Go back, and wait until it is live"
    }
  ])
)
