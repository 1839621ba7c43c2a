import {
  BuildId,
  type Deploy,
  DeployStatus,
  DeployTrigger,
  type Entity,
  ListOptions,
  type PageInfo,
  timestampNow,
  WorkspaceId
} from "@deploys/core"
import { Console, Effect, Option, Record, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { appNamed, nameOf, visibleApps } from "./appNames.ts"
import { atServer, commandLayer } from "./commandLayer.ts"
import { json, read } from "./parameters.ts"
import { listAll, listPage } from "./readLists.ts"
import { Screen, type Style } from "./Screen.ts"
import { tableLines } from "./Table.ts"
import { actor, ago, markedState } from "./words.ts"

const isJson = read(Schema.fromJsonString(Schema.Unknown), "JSON")

/** JSON goes to the server as it is written: the server says what is wrong with it. */
const jsonText = (name: string) =>
  Flag.String(name).pipe(
    Flag.filterMap((text) => Option.as(isJson[0](text), text), isJson[1]),
    Flag.withMetavar("JSON"),
    Flag.optional
  )

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const limit = read(
  Schema.FiniteFromString.pipe(Schema.decodeTo(ListOptions.fields.limit.schema)),
  "a whole number from 1 to 100"
)

const options = {
  app: text("app", "Deploys of this app, by its name or id"),
  workspace: Flag.String("workspace").pipe(
    Flag.filterMap(...read(WorkspaceId, "a workspace's id")),
    Flag.withDescription("Deploys of this workspace, by its id"),
    Flag.optional
  ),
  build: Flag.String("build").pipe(
    Flag.filterMap(...read(BuildId, "a build's id")),
    Flag.withDescription("Deploys of this build, by its id"),
    Flag.optional
  ),
  status: Flag.Literals("status", DeployStatus.literals).pipe(
    Flag.withDescription("How far they have come"),
    Flag.optional
  ),
  trigger: Flag.Literals("trigger", DeployTrigger.literals).pipe(
    Flag.withDescription("What asked for them"),
    Flag.optional
  ),
  createdBy: text("created-by", "Who asked for them, as the JSON has it in createdBy"),
  ids: text("ids", "These deploys, with commas between their ids"),
  filter: jsonText("filter").pipe(Flag.withDescription("A filter as JSON, ANDed with the rest")),
  orderBy: jsonText("order-by").pipe(Flag.withDescription("An order as JSON (default: the newest first)")),
  limit: Flag.String("limit").pipe(
    Flag.filterMap(...limit),
    Flag.withMetavar("N"),
    Flag.withDescription("How many, 1–100 (default: 20); with --all how many are read at a time"),
    Flag.optional
  ),
  all: Flag.Boolean("all").pipe(
    Flag.withDescription("All of them, page after page"),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  json: json("Print { data, pageInfo } as the API has it")
}

type Given = Command.Command.Config.Infer<typeof options>

const queryOf = (given: Given, app: Option.Option<Entity>) => ({
  limit: String(Option.getOrElse(given.limit, () => (given.all ? 100 : 20))),
  ...Record.getSomes({
    entity_id: Option.map(app, ({ id }) => String(id)),
    workspace_id: given.workspace,
    build_id: given.build,
    status: given.status,
    trigger: given.trigger,
    created_by: given.createdBy,
    ids: given.ids,
    filter: given.filter,
    orderBy: given.orderBy
  })
})

const heading = ["STATUS", "APP", "NO", "WHEN", "BY", "ID"]

const table = Effect.fnUntraced(function* (deploys: ReadonlyArray<Deploy>, apps: ReadonlyArray<Entity>, style: Style) {
  const now = yield* timestampNow
  const rows = deploys.map((deploy) => [
    markedState(deploy, style),
    nameOf(apps, deploy.entityId),
    String(deploy.sequenceNumber),
    ago(deploy.createdAt, now),
    actor(deploy.createdBy),
    style.faint(deploy.id)
  ])
  return tableLines([heading.map(style.faint), ...rows])
})

const footer = (shown: number, { total }: PageInfo) => {
  if (shown === 0) return "There is no such deploy"
  return total === null || shown >= total ? null : `${shown} of ${total}: --all lists the rest`
}

const run = Effect.fnUntraced(function* (given: Given) {
  const { print, style } = yield* Screen
  const apps = Option.isSome(given.app) || !given.json ? yield* visibleApps : []
  const app = Option.isSome(given.app) ? Option.some(yield* appNamed(apps, given.app.value)) : Option.none()
  const query = queryOf(given, app)
  const page = yield* given.all ? listAll(query) : listPage(query)
  if (given.json) return yield* Console.log(JSON.stringify(page, null, 2))
  if (page.data.length > 0) yield* Effect.forEach(yield* table(page.data, apps, style), print, { discard: true })
  const rest = footer(page.data.length, page.pageInfo)
  if (rest !== null) yield* print(style.faint(rest))
})

/** `deploys list`: deploys by filter and order, as a table or as JSON. */
export const listCommand = Command.make("list", options, (given) =>
  run(given).pipe(Effect.provide(commandLayer(given)))
).pipe(
  Command.withShortDescription("List deploys, by default the newest"),
  Command.withDescription(
    `List deploys, by default the newest 20 that the token sees. All that is given is ANDed. docs/lists.md has the filters and orders. ${atServer}`
  ),
  Command.withExamples([
    { command: "deploys list --app shop --status failed", description: "The failed deploys of one app" },
    {
      command: `deploys list --filter '{"build":{"branch":{"ne":"main"}}}' --order-by '[{"completedAt":"desc_nulls_last"}]'`,
      description: "Deploys of other branches, those that ended last first"
    },
    {
      command: "deploys list --all --json | jq -r '.data[].productionUrl'",
      description: "Every deploy, for a program"
    }
  ])
)
