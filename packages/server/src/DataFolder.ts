import { Context, Effect, FileSystem, Layer, Path } from "effect"
import { InvalidSetting } from "./Settings.ts"

/** Where the ready server keeps what is not in its database. All paths are absolute. */
export class DataFolder extends Context.Service<
  DataFolder,
  {
    readonly root: string
    /** PGlite's files. */
    readonly database: string
    /** One folder for each build that was uploaded. */
    readonly artifacts: string
    /** Uploads on their way; on the file system of `artifacts`, so that one rename finishes them. */
    readonly uploads: string
    /** What the local target publishes. */
    readonly sites: string
    /** The root token that was made. */
    readonly rootToken: string
    /** The port that sites were given. */
    readonly sitesPort: string
  }
>()("@deploys/server/DataFolder") {
  /** The folder at this path, made where it is missing, for its owner alone. */
  static readonly layer = (given: string) => Layer.effect(DataFolder, open(given))
}

const open = Effect.fnUntraced(
  function* (given: string) {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* fs.makeDirectory(given, { recursive: true, mode: 0o700 })
    const root = yield* fs.realPath(given)
    const at = (name: string) => path.join(root, name)
    const folders = { artifacts: at("artifacts"), uploads: at("uploads"), sites: at("sites") }
    yield* Effect.forEach(Object.values(folders), (folder) => fs.makeDirectory(folder, { recursive: true }))
    return DataFolder.of({
      root,
      ...folders,
      database: at("database"),
      rootToken: at("root-token"),
      sitesPort: at("sites-port")
    })
  },
  Effect.mapError((error) => new InvalidSetting({ setting: "DATA_DIR", detail: `can't be used: ${error.message}` }))
)
