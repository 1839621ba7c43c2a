import { type DeployId, isOver } from "@deploys/core"
import { Console, Effect, Ref, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"
import { atServer, commandLayer } from "./commandLayer.ts"
import { advance, emptyReport, liveLineOf } from "./DeployReport.ts"
import { followDeploy } from "./FollowDeploy.ts"
import { logLines } from "./logLines.ts"
import { deployId, json } from "./parameters.ts"
import { Screen } from "./Screen.ts"
import { untilQuiet } from "./untilQuiet.ts"

const options = {
  id: deployId,
  follow: Flag.Boolean("follow").pipe(
    Flag.withAlias("f"),
    Flag.withDescription("Go on until the deploy is over, also while the server restarts"),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  json: json("Print one event a line, as the API has them")
}

type Given = Command.Command.Config.Infer<typeof options>

const lost = Effect.flatMap(Screen, ({ live, style }) =>
  live(() => style.faint("… the server can't be reached, trying again"))
)

/** The stored events of a deploy and its progress: all there will be, or what there is by now. */
const eventsOf = Effect.fnUntraced(function* (id: DeployId, follow: boolean) {
  const { api, url } = yield* ApiClient
  const deploy = yield* Effect.mapError(api.deploys.get({ params: { id } }), callFailure(url))
  const screen = yield* Screen
  const events = followDeploy(id, Effect.provideService(lost, Screen, screen))
  return follow || isOver(deploy) ? events : untilQuiet(Stream.filter(events, ({ type }) => type !== "progress"))
})

const run = Effect.fnUntraced(function* ({ follow, id, json }: Given) {
  const { live, print, style } = yield* Screen
  const events = yield* eventsOf(id, follow)
  if (json) {
    const stored = Stream.filter(events, ({ type }) => type !== "progress")
    return yield* Stream.runForEach(stored, (event) => Console.log(JSON.stringify(event)))
  }
  const report = yield* Ref.make(emptyReport)
  yield* Stream.runForEach(events, (event) =>
    Effect.gen(function* () {
      const before = yield* Ref.getAndUpdate(report, (known) => advance(known, event))
      yield* Effect.forEach(logLines(before, event, style), print, { discard: true })
      yield* live(liveLineOf(yield* Ref.get(report), style))
    })
  ).pipe(Effect.ensuring(live(null)))
})

/** `deploys logs ID`: what happened to a deploy, event by event. */
export const logsCommand = Command.make("logs", options, (given) =>
  run(given).pipe(Effect.provide(commandLayer(given)))
).pipe(
  Command.withShortDescription("Print what happened to a deploy, and follow it"),
  Command.withDescription(
    `Print what happened to a deploy, event by event: what there is by now, or with --follow all until it is over. Exit code 0 however the deploy ends. ${atServer}`
  ),
  Command.withExamples([
    { command: "deploys logs dep_01j00000000000000000000000 --follow", description: "Watch a deploy to its end" },
    {
      command: "deploys logs dep_01j00000000000000000000000 --json | jq -r 'select(.type == \"log\") | .data.message'",
      description: "The lines that its steps have written"
    }
  ])
)
