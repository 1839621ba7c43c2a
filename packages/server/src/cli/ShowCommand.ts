import { type DeployDetails, type Timestamp, timestampDistance, timestampNow } from "@deploys/core"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { ApiClient } from "./ApiClient.ts"
import { nameOf, visibleApps } from "./appNames.ts"
import { callFailure } from "./callFailure.ts"
import { atServer, commandLayer } from "./commandLayer.ts"
import { deployId, json } from "./parameters.ts"
import { formatDuration } from "./ProgressBar.ts"
import { Screen, type Style } from "./Screen.ts"
import { tableLines } from "./Table.ts"
import { tame } from "./tame.ts"
import { actor, ago, instant, markedState } from "./words.ts"

const options = { id: deployId, json: json("Print the deploy with its steps as the API has it") }

type Given = Command.Command.Config.Infer<typeof options>

const waits = { deploy: "another deploy of the app", hold: "the release of the app's hold", capacity: "a free runner" }

const took = (from: Timestamp | null, to: Timestamp | null) =>
  from === null || to === null ? "" : formatDuration(timestampDistance(from, to))

/** What there is to say of a deploy, as names and values; what is absent is left out. */
const factsOf = (
  deploy: DeployDetails,
  now: Timestamp
): ReadonlyArray<readonly [name: string, value: string | null]> => {
  const { completedAt, createdAt, metadata, startedAt, waiting } = deploy
  const at = (time: Timestamp | null) => (time === null ? null : `${instant(time)}, ${ago(time, now)}`)
  const after = took(startedAt, completedAt)
  const ended = at(completedAt)
  return [
    ["id", deploy.id],
    ["build", deploy.buildId],
    ["asked for", `${deploy.trigger}, by ${actor(deploy.createdBy)}`],
    ["waits for", waiting === null ? null : `${waits[waiting.for]}, ${waiting.position} in line`],
    ["created", at(createdAt)],
    ["started", at(startedAt)],
    ["ended", ended === null || after === "" ? ended : `${ended}, after ${after}`],
    [deploy.isLive ? "live at" : "was at", deploy.productionUrl],
    ["preview", deploy.previewUrl],
    ["error", deploy.error],
    ["outcome", typeof metadata["outcome"] === "string" ? metadata["outcome"] : null]
  ]
}

const marks = (style: Style): Readonly<Record<DeployDetails["steps"][number]["status"], string>> => ({
  pending: style.faint("○"),
  running: "▸",
  completed: style.good("✓"),
  failed: style.bad("✗"),
  cancelled: style.faint("↺"),
  discarded: style.faint("↺")
})

const stepRows = ({ steps }: DeployDetails, style: Style) =>
  steps.map(({ attempt, completedAt, error, name, startedAt, status }) => [
    `  ${marks(style)[status]} ${tame(name)}`,
    style.faint(status),
    style.faint(took(startedAt, completedAt)),
    `${attempt > 1 ? `${attempt} attempts ` : ""}${error === null ? "" : style.bad(tame(error))}`
  ])

const run = Effect.fnUntraced(function* ({ id, json }: Given) {
  const { api, url } = yield* ApiClient
  const { print, style } = yield* Screen
  const deploy = yield* Effect.mapError(api.deploys.get({ params: { id } }), callFailure(url))
  if (json) return yield* Console.log(JSON.stringify(deploy, null, 2))
  const app = nameOf(yield* visibleApps, deploy.entityId)
  yield* print(`${style.strong(`Deploy ${deploy.sequenceNumber} of ${app}`)}  ${markedState(deploy, style)}`)
  const facts = factsOf(deploy, yield* timestampNow).flatMap(([name, value]) =>
    value === null ? [] : [[`  ${style.faint(name)}`, tame(value)]]
  )
  yield* Effect.forEach(tableLines(facts), print, { discard: true })
  if (deploy.steps.length > 0) yield* print("")
  yield* Effect.forEach(tableLines(stepRows(deploy, style)), print, { discard: true })
})

/** `deploys show ID`: one deploy with its steps. */
export const showCommand = Command.make("show", options, (given) =>
  run(given).pipe(Effect.provide(commandLayer(given)))
).pipe(
  Command.withShortDescription("Show a deploy with its steps"),
  Command.withDescription(`Show a deploy: where it is, how it went, what it waits for, and its steps. ${atServer}`),
  Command.withExamples([
    { command: "deploys show dep_01j00000000000000000000000", description: "One deploy, for a person" },
    {
      command: "deploys show dep_01j00000000000000000000000 --json | jq -r .status",
      description: "Its status, for a program"
    }
  ])
)
