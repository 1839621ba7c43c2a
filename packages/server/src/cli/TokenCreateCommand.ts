import { Right, WorkspaceId } from "@deploys/core"
import { Array, Console, Effect, Option, Redacted, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { TokenIssued, TokenName } from "../api/TokensApi.ts"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"
import { workspaceFor } from "./chooseApp.ts"
import { atServer, commandLayer } from "./commandLayer.ts"
import { expiryForm, expiryTime, readExpiry } from "./expiry.ts"
import { json, read } from "./parameters.ts"
import { Screen } from "./Screen.ts"
import { reachWords } from "./tokenWords.ts"
import { tame } from "./tame.ts"
import { instant } from "./words.ts"

const decodeRights = Schema.decodeUnknownOption(Schema.Array(Right))

const readRights = (text: string) => Option.map(decodeRights(text.split(",")), Array.dedupe)

const options = {
  name: Argument.String("NAME").pipe(
    Argument.filterMap(...read(TokenName, "1 to 100 characters, none of them a control character")),
    Argument.withDescription("What to call it; deploys that it makes bear the name")
  ),
  workspaces: Flag.String("workspace").pipe(
    Flag.filterMap(...read(WorkspaceId, "a workspace's id")),
    Flag.withDescription("Id of a workspace that it is for; may be given again (default: the one named default)"),
    Flag.atLeast(0)
  ),
  everywhere: Flag.Boolean("all-workspaces").pipe(
    Flag.withDescription("For all workspaces, also those that are made later"),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  rights: Flag.String("rights").pipe(
    Flag.filterMap(readRights, () => `one or several of ${Right.literals.join(",")} with commas between`),
    Flag.withDescription("What it may do (default: read,deploy,cancel)"),
    Flag.withDefault<ReadonlyArray<Right>>(["read", "deploy", "cancel"])
  ),
  expires: Flag.String("expires").pipe(
    Flag.filterMap(readExpiry, () => expiryForm),
    Flag.withDescription(`When it ends: ${expiryForm} (default: never)`),
    Flag.optional
  ),
  json: json("Print the token with all that is known of it")
}

type Given = Command.Command.Config.Infer<typeof options>

const encode = Schema.encodeEffect(TokenIssued)

const reachOf = Effect.fnUntraced(function* ({ everywhere, workspaces }: Given) {
  if (everywhere) return "all" as const
  return workspaces.length > 0 ? Array.dedupe(workspaces) : [yield* workspaceFor("the token is for")]
})

const run = Effect.fnUntraced(function* (given: Given) {
  const { api, url } = yield* ApiClient
  const { print, style } = yield* Screen
  const expiresAt = Option.isSome(given.expires) ? yield* expiryTime(given.expires.value) : null
  const workspaceIds = yield* reachOf(given)
  const payload = { name: given.name, workspaceIds, rights: given.rights, expiresAt }
  const issued = yield* Effect.mapError(api.tokens.create({ payload }), callFailure(url))
  const until = issued.expiresAt === null ? "" : `, until ${instant(issued.expiresAt)}`
  yield* print(`${style.good("✓")} ${style.strong(tame(issued.name))}: ${reachWords(issued)}${until}`)
  yield* print(style.faint(`  ${issued.id}\n`))
  yield* print(Redacted.value(issued.token))
  yield* print(style.faint("\nThis is the only time that it is shown. Whoever has it calls as it, by DEPLOYS_TOKEN."))
  if (given.json) yield* Console.log(JSON.stringify(yield* Effect.orDie(encode(issued)), null, 2))
})

/** `deploys token create NAME`: issues a token. */
export const tokenCreateCommand = Command.make("create", options, (given) =>
  run(given).pipe(Effect.provide(commandLayer(given)))
).pipe(
  Command.withShortDescription("Issue a token"),
  Command.withDescription(
    `Issue a token and show it, once. Nobody grants what they lack: it takes the right admin and every right that is granted, in each of the workspaces. Without read nothing is found. ${atServer}`
  ),
  Command.withExamples([
    { command: "deploys token create ci --rights read,deploy --expires 90d", description: "A token for CI" },
    {
      command: "export DEPLOYS_TOKEN=$(deploys token create laptop --json | jq -r .token)",
      description: "Use it at once"
    }
  ])
)
