import { Effect, type Option } from "effect"
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { brotliDecompress } from "node:zlib"

const assets = join(dirname(fileURLToPath(import.meta.url)), "../../assets")

/** The file of the prepared empty database for a version of PGlite: another version may store its files otherwise. */
export const dumpFile = (version: string): string => join(assets, `pglite-${version}.tar.br`)

/** The version of PGlite that is installed. */
export const pgliteVersion = Effect.promise(async () => {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite")
  const manifest: unknown = JSON.parse(await readFile(join(dirname(entry), "../package.json"), "utf8"))
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown"
})

/** The prepared empty database as a tar archive; none where there is none for the version. */
export const readDump = (version: string): Effect.Effect<Option.Option<Uint8Array<ArrayBuffer>>> =>
  Effect.tryPromise(
    async () => new Uint8Array(await promisify(brotliDecompress)(await readFile(dumpFile(version))))
  ).pipe(Effect.option)

/** The prepared empty database for the version that is installed. */
export const installedDump = Effect.flatMap(pgliteVersion, readDump)
