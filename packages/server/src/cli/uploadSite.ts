import type { EntityId } from "@deploys/core"
import { Clock, Effect, type FileSystem, type Path, Ref, Stream } from "effect"
import type { BuildQuery } from "../api/BuildsApi.ts"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"
import { CliFailure } from "./CliFailure.ts"
import { formatBytes, formatDuration, formatProgress, progressBar } from "./ProgressBar.ts"
import { Screen } from "./Screen.ts"
import * as SiteFolder from "./SiteFolder.ts"

const countOf = ({ bytes, files }: SiteFolder.SiteFolder) =>
  `${files.length} file${files.length === 1 ? "" : "s"}, ${formatBytes(bytes)}`

/** Sends a folder as a build of the app, with a bar of what has gone out. */
export const uploadSite = Effect.fn("deploys.uploadSite")(function* (
  folder: SiteFolder.SiteFolder,
  id: EntityId,
  query: BuildQuery
) {
  const { api, url } = yield* ApiClient
  const screen = yield* Screen
  const services = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const started = yield* Clock.currentTimeMillis
  const sent = yield* Ref.make(0)

  const show = (bytes: number) =>
    Effect.flatMap(
      Ref.updateAndGet(sent, (sum) => sum + bytes),
      (done) => {
        const amount = screen.style.faint(formatProgress({ done, total: folder.bytes, unit: "bytes" }))
        return screen.live(() => `↑ upload     ${progressBar(done, folder.bytes)}  ${amount}`)
      }
    )
  const payload = SiteFolder.toTar(folder, show).pipe(
    Stream.mapError((error) => new CliFailure({ message: `A file changed while it was sent: ${error.message}` })),
    Stream.provideContext(services)
  )
  const build = yield* api.builds
    .upload({ params: { id }, query, payload })
    .pipe(Effect.mapError(callFailure(url)), Effect.ensuring(screen.live(null)))
  const took = formatDuration((yield* Clock.currentTimeMillis) - started).padStart(7)
  yield* screen.print(`${screen.style.good("✓")} upload     ${screen.style.faint(`${took}   ${countOf(folder)}`)}`)
  return build
})
