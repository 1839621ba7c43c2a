// Makes the empty database that PGlite starts from, for the version that is installed: `node scripts/make-dump.mjs`.
// Starting from it takes a third of the time that initdb takes in WebAssembly.
import { PGlite } from "@electric-sql/pglite"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { brotliCompressSync, constants } from "node:zlib"

const assets = join(import.meta.dirname, "../assets")
const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite")
const { version } = JSON.parse(readFileSync(join(dirname(entry), "../package.json"), "utf8"))

const database = await PGlite.create()
const tar = Buffer.from(await (await database.dumpDataDir("none")).arrayBuffer())
await database.close()

// The catalogs of the three template databases are the same: a window that spans them compresses them as one.
const packed = brotliCompressSync(tar, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: tar.length
  }
})
for (const file of readdirSync(assets)) rmSync(join(assets, file))
writeFileSync(join(assets, `pglite-${version}.tar.br`), packed)
