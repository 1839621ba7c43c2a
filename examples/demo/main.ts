/**
 * Starts the ready server on embedded PGlite, deploys a site with the command line, and says how to call the API. With
 * `--pages` the site goes live on a fake of Cloudflare Pages, which stands in for an account. It stays up until Ctrl-C; with
 * `--once` it checks every file of the live site over HTTP instead, and ends.
 */
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Layer, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { fileURLToPath } from "node:url"
import { checkSite } from "./checkSite.ts"
import * as Cloudflare from "./cloudflare.ts"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const site = here("../site")
const bin = here("../../packages/server/src/bin.ts")
const once = process.argv.includes("--once")
const onPages = process.argv.includes("--pages")

class DemoFailed extends Schema.TaggedError<DemoFailed>()("DemoFailed", { message: Schema.String }) {}

const Answer = Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String, productionUrl: Schema.String })) })

/** Only what is named here: settings of whoever runs the demo don't reach it. */
const command = (args: ReadonlyArray<string>, settings: Record<string, string>) => {
  const { COLUMNS, HOME, NO_COLOR, PATH, TERM } = process.env
  const env = { ...settings, COLUMNS, HOME, NO_COLOR, PATH, TERM }
  return { args: [bin, ...args], options: { env, extendEnv: false, stderr: "inherit" } as const }
}

/** The server's own process, and the address in its first line. It is gone with the scope. */
const startServer = Effect.fnUntraced(function* (data: string, target: Record<string, string>) {
  const { args, options } = command(["serve"], { DATA_DIR: data, PORT: "0", ...target })
  const server = yield* ChildProcess.make(process.execPath, args, { ...options, forceKillAfter: "10 seconds" })
  const lines = Stream.splitLines(Stream.decodeText(server.stdout))
  const first = yield* Effect.flatMap(Stream.runHead(lines), Effect.fromOption).pipe(
    Effect.mapError(() => new DemoFailed({ message: "The server did not start" }))
  )
  return /http:\S+/.exec(first)?.[0] ?? ""
})

const deploySite = Effect.fnUntraced(function* (url: string, token: string) {
  const { args, options } = command(["deploy", site, "--app", "demo"], { DEPLOYS_URL: url, DEPLOYS_TOKEN: token })
  const deploy = yield* ChildProcess.make(process.execPath, args, { ...options, stdin: "inherit", stdout: "inherit" })
  if ((yield* deploy.exitCode) !== 0) yield* new DemoFailed({ message: "The site was not deployed" })
})

const latestDeploy = Effect.fnUntraced(function* (url: string, token: string) {
  const response = yield* Effect.promise(() =>
    fetch(`${url}/api/deploys?limit=1`, { headers: { authorization: `Bearer ${token}` } })
  )
  const { data } = yield* Effect.flatMap(
    Effect.promise(() => response.json()),
    Schema.decodeUnknownEffect(Answer)
  )
  return yield* Effect.fromNullishOr(data[0])
})

const instructions = (url: string, token: string, id: string) => `
The API is at ${url} (its description: ${url}/openapi.json), and takes this token:

  export DEPLOYS_TOKEN=${token}

List the deploys, get this one with its steps, and read what happened to it:

  curl -s -H "Authorization: Bearer $DEPLOYS_TOKEN" ${url}/api/deploys
  curl -s -H "Authorization: Bearer $DEPLOYS_TOKEN" ${url}/api/deploys/${id}
  curl -sN -H "Authorization: Bearer $DEPLOYS_TOKEN" ${url}/api/deploys/${id}/events`

const demo = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const data = yield* fs.makeTempDirectoryScoped({ prefix: "deploys-demo-" })
  const target = onPages ? yield* Cloudflare.start : { SITES_PORT: "0" }
  yield* Console.log("Starting a server on embedded PGlite in a temporary folder …\n")
  const url = yield* startServer(data, target)
  const token = (yield* fs.readFileString(`${data}/root-token`)).trim()
  yield* deploySite(url, token)
  const { id, productionUrl } = yield* latestDeploy(url, token)
  if (once) {
    const files = yield* checkSite(site, productionUrl)
    return yield* Console.log(`\nAll ${files} files of the site are served as they lie in its folder.`)
  }
  yield* Console.log(instructions(url, token, id))
  if ("TARGET" in target) yield* Console.log(Cloudflare.instructions(target))
  yield* Console.log("\nCtrl-C ends the demo and removes its files.")
  return yield* Effect.never
})

demo.pipe(
  Effect.scoped,
  Effect.catch((error) =>
    Effect.andThen(
      Console.error(`The demo failed: ${error.message}`),
      Effect.sync(() => (process.exitCode = 1))
    )
  ),
  Effect.provide(Layer.merge(NodeServices.layer, NodeHttpClient.layerNodeHttp)),
  NodeRuntime.runMain({ teardown: (_, exit) => exit(Number(process.exitCode ?? 0)) })
)
