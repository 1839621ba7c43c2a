import { Console, Effect, Option, Redacted } from "effect"
import { SiteServer } from "@deploys/local-target"
import { HttpServer } from "effect/http"
import { DataFolder } from "./DataFolder.ts"
import { RootToken } from "./RootToken.ts"
import type { Settings } from "./Settings.ts"

/** Without user and password. */
const placeOf = (url: Redacted.Redacted) => {
  const { hostname, pathname, port } = new URL(Redacted.value(url))
  return `PostgreSQL, ${hostname}${port === "" ? "" : `:${port}`}${pathname}`
}

const sitesOf = Effect.fnUntraced(function* ({ pages }: Settings) {
  if (Option.isSome(pages)) return `  sites     Cloudflare Pages, in the projects ${pages.value.prefix}{app}`
  return Option.match(yield* Effect.serviceOption(SiteServer), {
    onSome: ({ port }) => `  sites     http://{app}.localhost:${port}/`,
    onNone: () => "  runner    off: deploys wait for another server"
  })
})

/** Says where the server is and what it stands on. The first line holds the address, for programs that wait for it. */
export const announce = Effect.fnUntraced(function* (settings: Settings) {
  const { file } = yield* RootToken
  const data = yield* DataFolder
  const server = yield* HttpServer.HttpServer
  yield* Console.log(`Deploys listens on ${HttpServer.formatAddress(server.address)}`)
  const database = Option.match(settings.databaseUrl, { onSome: placeOf, onNone: () => `PGlite, ${data.database}` })
  yield* Console.log(`  database  ${database}`)
  yield* Console.log(`  token     ${Option.getOrElse(file, () => "the one in ROOT_TOKEN")}`)
  yield* Console.log(yield* sitesOf(settings))
})
