import { Publication, SiteServer } from "@deploys/local-target"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, FileSystem, Layer, Option, Schema, SchemaTransformation } from "effect"
import { createServer } from "node:http"
import { DataFolder } from "./DataFolder.ts"
import { listenFailure } from "./Listening.ts"
import type { Settings } from "./Settings.ts"

const KeptPort = Schema.Trim.pipe(
  Schema.decodeTo(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 })),
    SchemaTransformation.numberFromString
  )
)

/** The addresses of sites hold the port, so one that was free once is kept: those of earlier deploys go on working. */
const keptPort = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { sitesPort } = yield* DataFolder
  return yield* Effect.option(Effect.flatMap(fs.readFileString(sitesPort), Schema.decodeEffect(KeptPort)))
})

const keepPort = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { sitesPort } = yield* DataFolder
  const { port } = yield* SiteServer
  yield* Effect.orDie(fs.writeFileString(sitesPort, `${port}\n`))
})

const serving = (host: string, port: number, setting: string) =>
  Layer.orDie(SiteServer.layer).pipe(
    Layer.provide(NodeHttpServer.layer(createServer, { host, port })),
    Layer.catchTag("ServeError", listenFailure({ host, port, setting }))
  )

/** Serves what the local target has published, on `SITES_PORT`. */
export const layer = ({ host, sitesPort }: Settings) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { root, sites } = yield* DataFolder
      const kept = sitesPort === 0 ? yield* keptPort : Option.none()
      const server = Option.match(kept, {
        onSome: (port) => serving(host, port, `SITES_PORT, kept in ${root},`),
        onNone: () => serving(host, sitesPort, "SITES_PORT")
      })
      const chosen = sitesPort === 0 ? Layer.tap(server, (context) => Effect.provide(keepPort, context)) : server
      return Layer.provideMerge(chosen, Layer.orDie(Publication.layer({ root: sites })))
    })
  )
