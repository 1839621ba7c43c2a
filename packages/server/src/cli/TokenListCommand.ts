import { type Timestamp, timestampNow } from "@deploys/core"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import type { TokenDetails } from "../api/TokensApi.ts"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"
import { atServer, commandLayer } from "./commandLayer.ts"
import { json } from "./parameters.ts"
import { Screen, type Style } from "./Screen.ts"
import { tableLines } from "./Table.ts"
import { tame } from "./tame.ts"
import { isDead, lifeWords, reachWords } from "./tokenWords.ts"
import { ago } from "./words.ts"

const options = {
  all: Flag.Boolean("all").pipe(
    Flag.withDescription("Also those that are revoked or have ended"),
    Flag.withDefault(false),
    Flag.withoutNegation
  ),
  json: json("Print { data } as the API has it")
}

type Given = Command.Command.Config.Infer<typeof options>

const heading = ["NAME", "TOKEN", "RIGHTS", "USED", "ENDS", "ID"]

const rowOf = (token: TokenDetails, now: Timestamp, style: Style) => {
  const life = lifeWords(token, now)
  return [
    tame(token.name),
    `${tame(token.prefix)}…`,
    reachWords(token),
    token.lastUsedAt === null ? style.faint("never") : ago(token.lastUsedAt, now),
    isDead(token, now) ? style.bad(life) : life,
    style.faint(token.id)
  ]
}

const run = Effect.fnUntraced(function* ({ all, json }: Given) {
  const { api, url } = yield* ApiClient
  const { print, style } = yield* Screen
  const now = yield* timestampNow
  const known = yield* Effect.mapError(api.tokens.list(), callFailure(url))
  const data = known.data.filter((token) => all || !isDead(token, now))
  if (json) return yield* Console.log(JSON.stringify({ data }, null, 2))
  if (data.length === 0) return yield* print(style.faint("There is no token but those that settings hold"))
  const rows = [heading.map(style.faint), ...data.map((token) => rowOf(token, now, style))]
  yield* Effect.forEach(tableLines(rows), print, { discard: true })
})

/** `deploys token list`: the tokens that the caller rules over. */
export const tokenListCommand = Command.make("list", options, (given) =>
  run(given).pipe(Effect.provide(commandLayer(given)))
).pipe(
  Command.withShortDescription("List tokens"),
  Command.withDescription(
    `List the tokens that reach no further than the one in DEPLOYS_TOKEN, which needs the right admin. The newest come first. ${atServer}`
  ),
  Command.withExamples([
    { command: "deploys token list", description: "The tokens that let somebody in" },
    {
      command: "deploys token list --json | jq -r '.data[] | select(.lastUsedAt == null) | .id'",
      description: "Those that nobody has used"
    }
  ])
)
