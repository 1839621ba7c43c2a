import { Server, settings } from "@deploys/server"
import { NodeServices } from "@effect/platform-node"
import { ConfigProvider, Console, Context, Effect, FileSystem, Layer, References, type Scope } from "effect"

/** The token with every right of servers that tests start. */
export const rootToken = "root-token-of-the-tests-0123456789abcdef"

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  fs.makeTempDirectoryScoped({ prefix: "deploys-ready-" })
)

const chosen = (variables: Readonly<Record<string, string>>) =>
  Effect.provide(settings, ConfigProvider.layer(ConfigProvider.fromEnvRecord(variables)))

/** The ready server in this process, on a socket of its own and with a folder that goes with it. */
export class ReadyServer extends Context.Service<ReadyServer, { readonly url: string; readonly port: number }>()(
  "test/ReadyServer"
) {
  /** With these settings beside those that a test needs. */
  static readonly layer = (variables: Effect.Effect<Readonly<Record<string, string>>, unknown, Scope.Scope>) =>
    Layer.effect(
      ReadyServer,
      Effect.gen(function* () {
        const shared = { PORT: "0", SITES_PORT: "0", ROOT_TOKEN: rootToken, REQUESTS_PER_MINUTE: "0" }
        const given = yield* Effect.orDie(variables)
        const said: Array<string> = []
        const heard: Console.Console = Object.assign(Object.create(console), {
          log: (...words: ReadonlyArray<unknown>) => said.push(words.join(" ")),
          error: () => {}
        })
        const server = Server.layer(yield* chosen({ ...shared, DATA_DIR: yield* temporary, ...given }))
        yield* Layer.build(server).pipe(
          Effect.provideService(Console.Console, heard),
          Effect.provideService(References.MinimumLogLevel, "None")
        )
        const url = /http:\S+/.exec(said.join("\n"))?.[0] ?? ""
        return ReadyServer.of({ url, port: Number(new URL(url).port) })
      })
    ).pipe(Layer.provide(NodeServices.layer))
}
