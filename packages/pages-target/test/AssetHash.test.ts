import { blake3 } from "@noble/hashes/blake3.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { extname } from "node:path"
import { extensionOf, hashAsset } from "../src/AssetHash.ts"

const hash = (path: string, content: string) =>
  hashAsset(path, content.length, Stream.succeed(new TextEncoder().encode(content)))

/** Computed by Cloudflare's own client. */
const vectors = [
  ["UPPER.HTML", "x\n", "5845e34eb7e7fc84b848f18d539a9279"],
  ["noext", "x\n", "c3a161830e0e40801d0cc710e02f91cc"],
  ["empty.txt", "", "f9bc91770fa5e997cbd47fba833629fc"],
  ["app.css", "body{}\n", "aa42bba514e8ddfea838ec1a715ca332"],
  ["app.css.map", "body{}\n", "92f1b6f1574d0372ddf2e8f0c10b6613"],
  ["empty", "", "af1349b9f5f9a1a6a0404dea36dcc949"]
] as const

describe("the hash of an asset", () => {
  it.effect.each(vectors)("is Cloudflare's for %s", ([path, content, expected]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* hash(path, content), expected)
      assert.strictEqual(yield* hash(`some/where.d/${path}`, content), expected)
    })
  )

  it.effect.prop(
    "does not depend on how the bytes come",
    [Schema.Array(Schema.Uint8Array), Schema.String],
    ([chunks, name]) =>
      Effect.gen(function* () {
        const bytes = Buffer.concat(chunks)
        const expected = bytesToHex(blake3(utf8ToBytes(bytes.toString("base64") + extname(name).slice(1)))).slice(0, 32)
        assert.strictEqual(yield* hashAsset(name, bytes.length, Stream.fromIterable(chunks)), expected)
      })
  )

  it.effect.each([100_000, 300_000])("is right for files of %i bytes hashed at the same time", (size) =>
    Effect.gen(function* () {
      const contents = Array.from({ length: 12 }, (_, index) => new Uint8Array(size).fill(index))
      const inPieces = (bytes: Uint8Array) =>
        Stream.fromIterable([bytes.subarray(0, 50_001), bytes.subarray(50_001)]).pipe(Stream.tap(() => Effect.yieldNow))
      const hashes = yield* Effect.forEach(contents, (bytes) => hashAsset("a.bin", size, inPieces(bytes)), {
        concurrency: 8
      })
      const expected = contents.map((bytes) =>
        bytesToHex(blake3(utf8ToBytes(`${Buffer.from(bytes).toString("base64")}bin`))).slice(0, 32)
      )
      assert.deepStrictEqual(hashes, expected)
    })
  )

  it.effect.prop("takes the extension as Node does", [Schema.String], ([name]) =>
    Effect.sync(() => {
      assert.strictEqual(extensionOf(name.replaceAll("/", "")), extname(name.replaceAll("/", "")).slice(1))
    })
  )
})
