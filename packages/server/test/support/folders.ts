import { Effect, FileSystem, Path } from "effect"

/** A folder that goes with the test. */
export const temporary = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.makeTempDirectoryScoped({ prefix: "deploys-server-" })
})

/** Writes files below the folder, by their paths. */
export const write = Effect.fnUntraced(function* (
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name)
    yield* fs.makeDirectory(path.dirname(file), { recursive: true })
    yield* fs.writeFile(file, Buffer.from(content))
  }
})

/** All entries below the folder, sorted. */
export const listing = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  return (yield* fs.readDirectory(folder, { recursive: true })).toSorted()
})

/** The files below the folder and what is in them. */
export const contents = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const found: Record<string, string> = {}
  for (const name of yield* listing(folder)) {
    const file = path.join(folder, name)
    if ((yield* fs.stat(file)).type === "File") found[name] = yield* fs.readFileString(file)
  }
  return found
})
