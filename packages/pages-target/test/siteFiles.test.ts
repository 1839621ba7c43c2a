import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { contentTypeOf } from "../src/internal/contentType.ts"
import { markedMessage, readMarker } from "../src/internal/marker.ts"
import { maxFileSize, siteOf } from "../src/internal/siteFiles.ts"
import { packBuckets } from "../src/UploadBucket.ts"
import { filesOf } from "./support/host.ts"
import { ArtifactPath } from "@deploys/core"
import { Stream } from "effect"

describe("an artifact as Cloudflare Pages takes it", () => {
  it.effect("is served without what Cloudflare reads, and what its own client leaves out", () =>
    Effect.gen(function* () {
      const paths = [
        "index.html",
        "_headers",
        "sub/_headers",
        "node_modules/a",
        ".a/node_modules/b",
        ".wrangler/c",
        ".env"
      ]
      const site = yield* siteOf(filesOf(Object.fromEntries(paths.map((path) => [path, ""]))))
      assert.deepStrictEqual(
        site.assets.map(({ path }) => String(path)),
        ["index.html", "sub/_headers", ".a/node_modules/b", ".env"]
      )
      assert.deepStrictEqual([...site.special.keys()], ["_headers"])
      assert.deepStrictEqual(
        site.ignored.map(({ path }) => String(path)),
        ["node_modules/a", ".wrangler/c"]
      )
    })
  )

  const refused: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["../outside.txt", ["../outside.txt"]],
    ["/etc/passwd", ["/etc/passwd"]],
    ["a\\..\\b", ["a\\..\\b"]],
    ["a/./b", ["a/./b"]],
    ["nul\u0000.txt", ["nul\u0000.txt"]],
    ["functions/api.js", ["functions/api.js"]],
    ["_worker.js/index.js", ["_worker.js/index.js"]],
    ["_worker.bundle", ["_worker.js", "_worker.bundle"]]
  ]

  it.effect.each(refused)("is refused for %j, which the error names", ([at, paths]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(siteOf(filesOf(Object.fromEntries(paths.map((path) => [path, "x"])))))
      assert.deepStrictEqual([error._tag, error.path], ["ArtifactInvalid", at])
    })
  )

  it.effect("has files of 25 MiB, and none a byte larger", () =>
    Effect.gen(function* () {
      const file = (size: number) => [{ path: ArtifactPath.make("large.bin"), size, content: Stream.empty }]
      assert.lengthOf((yield* siteOf(file(maxFileSize))).assets, 1)
      assert.strictEqual((yield* Effect.flip(siteOf(file(maxFileSize + 1)))).reason, "too-large")
    })
  )

  it("has types by name, without a charset", () => {
    const types = ["a.js", "a.mjs", "a.map", "a.ico", "a.ts", "A.HTML", "a", "a.zzz", ".env"].map(contentTypeOf)
    const octets = "application/octet-stream"
    assert.deepStrictEqual(types, [
      "application/javascript",
      "application/javascript",
      "application/json",
      "image/vnd.microsoft.icon",
      "video/mp2t",
      "text/html",
      octets,
      octets,
      octets
    ])
  })
})

describe("the buckets of an upload", () => {
  const shape = (sizes: ReadonlyArray<number>) =>
    packBuckets(sizes.map((size) => ({ size }))).map((bucket) => bucket.reduce((sum, { size }) => sum + size, 0))
  const mebi = 1024 * 1024

  it("are three for many small files, and as many as there are files for fewer", () => {
    assert.deepStrictEqual(
      packBuckets(Array.from({ length: 4500 }, () => ({ size: 10 }))).map(({ length }) => length),
      [1500, 1500, 1500]
    )
    assert.lengthOf(shape([1, 2]), 2)
    assert.deepStrictEqual(shape([]), [])
  })

  it("hold at most 40 MiB and 2,000 files", () => {
    assert.deepStrictEqual(
      shape(Array.from({ length: 7 }, () => 25 * mebi)),
      Array.from({ length: 7 }, () => 25 * mebi)
    )
    const many = packBuckets(Array.from({ length: 6001 }, () => ({ size: 0 })))
    assert.deepStrictEqual(
      many.map(({ length }) => length),
      [2000, 2000, 2000, 1]
    )
    assert.deepStrictEqual(shape([20 * mebi, 20 * mebi, 20 * mebi, 20 * mebi]), [40 * mebi, 20 * mebi, 20 * mebi])
  })
})

describe("the mark of a deploy", () => {
  const id = "dep_01j00000000000000000000000"

  it("stands at the front of one line of at most 384 bytes", () => {
    const message = markedMessage(id, "app_1", `grüße\r\nan alle${"\u{1f680}".repeat(200)}`)
    assert.isAtMost(Buffer.byteLength(message), 384)
    assert.isTrue(message.startsWith(`${id} app_1 grüße an alle\u{1f680}`))
    assert.isTrue(message.isWellFormed())
    assert.deepStrictEqual(readMarker(message)._tag === "Some" && readMarker(message), readMarker(`${id} app_1`))
  })

  it("is not seen in anybody else's message", () => {
    for (const message of ["", "fix", "dep_1 app_1", `see ${id} app_1`])
      assert.strictEqual(readMarker(message)._tag, "None")
  })
})
