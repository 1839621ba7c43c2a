import { Console, Effect, Option } from "effect"
import { SiteServer } from "@deploys/local-target"
import { HttpServer } from "effect/http"
import { RootToken } from "./RootToken.ts"
import type { Settings } from "./Settings.ts"
import { databaseName } from "./Storage.ts"

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
  const server = yield* HttpServer.HttpServer
  yield* Console.log(`Deploys listens on ${HttpServer.formatAddress(server.address)}`)
  yield* Console.log(`  database  ${yield* databaseName(settings)}`)
  yield* Console.log(`  token     ${Option.getOrElse(file, () => "the one in ROOT_TOKEN")}`)
  yield* Console.log(yield* sitesOf(settings))
})
