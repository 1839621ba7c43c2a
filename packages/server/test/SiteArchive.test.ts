import { NodeServices } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, type FileSystem, type Path, type PlatformError, type Result, Stream } from "effect"
import { gzipSync } from "node:zlib"
import type { ArchiveInvalid } from "../src/builds/ArchiveInvalid.ts"
import * as SiteArchive from "../src/builds/SiteArchive.ts"
import { SiteLimits } from "../src/builds/SiteLimits.ts"
import * as SiteFolder from "../src/cli/SiteFolder.ts"
import { contents, listing, temporary, write } from "./support/folders.ts"
import { type RawEntry, rawTar } from "./support/rawTar.ts"

const limits = { files: 3, fileBytes: 1000, totalBytes: 2000, ratio: 10, freeBytes: 100_000 }

/** In pieces of an odd size, so that nothing rests on how a body is cut. */
const pieces = (bytes: Uint8Array) =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.length / 333) }, (_, at) => bytes.subarray(at * 333, (at + 1) * 333))
  )

const unpack = Effect.fnUntraced(
  function* (bytes: Uint8Array, gzip = false) {
    const outer = yield* temporary
    const into = `${outer}/into`
    yield* write(outer, { "into/.keep": "" })
    const result = yield* Effect.result(SiteArchive.unpack(pieces(bytes), { gzip, into }))
    return { result, into, outside: (yield* listing(outer)).filter((name) => !name.startsWith("into")) }
  },
  Effect.provideService(SiteLimits, limits)
)

const verdict = (
  result: Result.Result<SiteArchive.Unpacked, ArchiveInvalid | PlatformError.PlatformError>
): unknown => {
  if (result._tag === "Success") return result.success
  const { failure } = result
  return failure._tag === "ArchiveInvalid" ? { reason: failure.reason, entry: failure.entry } : failure
}

const refused = (entries: ReadonlyArray<RawEntry>) => unpack(rawTar(entries))

const file = (name: string, content = "x") => ({ name, content })

layer(NodeServices.layer)("an archive", (it) => {
  it.effect("becomes the files that it holds, folders and all", () =>
    Effect.gen(function* () {
      const { into, result } = yield* refused([
        { name: "./", type: "5" },
        { name: "./css/", type: "5" },
        file("./css/a.css", "a{}"),
        file("index.html", "<h1>"),
        { name: "empty/", type: "5" }
      ])
      assert.deepInclude(result, { _tag: "Success", success: { files: 2, bytes: 7 } })
      assert.deepStrictEqual(yield* contents(into), { ".keep": "", "css/a.css": "a{}", "index.html": "<h1>" })
    })
  )

  const hostile: ReadonlyArray<
    readonly [what: string, entries: ReadonlyArray<RawEntry>, reason: string, entry: string | null]
  > = [
    ["leaves its folder", [file("../evil")], "path", "../evil"],
    ["leaves its folder from below", [file("a/../../evil")], "path", "a/../../evil"],
    ["has an absolute path", [file("/etc/evil")], "path", "/etc/evil"],
    ["has an absolute folder", [{ name: "/", type: "5" }, file("a")], "path", "/"],
    ["has a backslash", [file("a\\..\\evil")], "path", "a\\..\\evil"],
    ["has a dot within its path", [file("a/./b")], "path", "a/./b"],
    ["has an empty part", [file("a//b")], "path", "a//b"],
    ["has a control character", [file("a\nb")], "path", "a\nb"],
    ["has no name", [file("")], "path", ""],
    ["is a file with a folder's name", [file("a/")], "path", "a/"],
    ["is a symbolic link", [{ name: "s", type: "2", link: "/etc/passwd" }], "link", "s"],
    ["is a hard link", [file("a"), { name: "h", type: "1", link: "a" }], "link", "h"],
    ["writes through a link", [{ name: "d", type: "2", link: ".." }, file("d/evil")], "link", "d"],
    ["is a character device", [{ name: "c", type: "3" }], "special", "c"],
    ["is a block device", [{ name: "b", type: "4" }], "special", "b"],
    ["is a pipe", [{ name: "p", type: "6" }], "special", "p"],
    ["is of an unknown type", [{ name: "v", type: "V" }], "special", "v"],
    ["comes twice", [file("a"), file("a", "y")], "duplicate", "a"],
    ["comes twice in other words", [file("a"), file("./a", "y")], "duplicate", "./a"],
    ["is a folder and a file", [file("a/b"), file("a")], "duplicate", "a"],
    ["lies below a file", [file("a"), file("a/b")], "duplicate", "a/b"],
    ["is a file over the limit of files", ["a", "b", "c", "d"].map((name) => file(name)), "too-large", "d"],
    ["is larger than a file may be", [file("a", "x".repeat(1001))], "too-large", "a"],
    ["makes the whole too large", ["a", "b", "c"].map((name) => file(name, "x".repeat(1000))), "too-large", "c"],
    [
      "is one of too many folders",
      Array.from({ length: 7 }, (_, n) => ({ name: `${n}/`, type: "5" })),
      "too-large",
      "6/"
    ],
    ["has a wrong checksum", [{ name: "a", content: "x", checksum: 1 }], "malformed", null],
    ["is missing: there are folders alone", [{ name: "a/", type: "5" }], "empty", null]
  ]
  it.effect.each(hostile)("is refused whose entry %s", ([, entries, reason, entry]) =>
    Effect.gen(function* () {
      const { outside, result } = yield* refused(entries)
      assert.deepStrictEqual(verdict(result), { reason, entry })
      assert.deepStrictEqual(outside, [])
    })
  )

  it.effect("is refused when it is no tar, or none that is gzipped", () =>
    Effect.gen(function* () {
      const garbage = Buffer.from("not a tar at all ".repeat(100))
      const whole = gzipSync(rawTar([file("a", "x".repeat(900))]))
      for (const [bytes, gzip] of [
        [garbage, false],
        [garbage, true],
        [gzipSync(garbage), true],
        [whole, false],
        [rawTar([file("a", "x".repeat(900))]).subarray(0, 1000), false],
        [whole.subarray(0, whole.length - 30), true]
      ] as const) {
        const { result } = yield* unpack(bytes, gzip)
        assert.deepStrictEqual(verdict(result), { reason: "malformed", entry: null })
      }
      assert.deepStrictEqual(verdict((yield* unpack(Buffer.alloc(0))).result), { reason: "empty", entry: null })
    })
  )

  it.effect("is taken gzipped, also when that made it much smaller", () =>
    Effect.gen(function* () {
      const { into, result } = yield* unpack(gzipSync(rawTar([file("a", "x".repeat(1000))])), true)
      assert.deepInclude(result, { _tag: "Success" })
      assert.strictEqual((yield* contents(into))["a"]?.length, 1000)
    })
  )

  it.effect("is refused when it unpacks to far more than was sent", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(Buffer.concat([rawTar([file("a")]), Buffer.alloc(5_000_000)]))
      assert.isBelow(bomb.length, 10_000)
      const { result } = yield* unpack(bomb, true)
      assert.deepStrictEqual(verdict(result), { reason: "too-large", entry: null })
    })
  )

  it.effect("ends where it is too long behind its last entry", () =>
    Effect.gen(function* () {
      const { result } = yield* unpack(Buffer.concat([rawTar([file("a")]), Buffer.alloc(100_000)]))
      assert.deepStrictEqual(verdict(result), { reason: "too-large", entry: null })
    })
  )
})

describe("a folder sent as an archive", () => {
  layer(NodeServices.layer)((it) => {
    const site = {
      "index.html": "<h1>",
      "css/ä b.css": "a{}",
      "empty.txt": "",
      [`${"long/".repeat(30)}name.txt`]: "deep",
      "big.bin": "x".repeat(200_000)
    }

    it.effect("arrives as it was, and tells what has gone out", () =>
      Effect.gen(function* () {
        const [from, into] = [yield* temporary, yield* temporary]
        yield* write(from, site)
        const folder = yield* SiteFolder.read(from)
        let sent = 0
        const tar = SiteFolder.toTar(folder, (bytes) => Effect.sync(() => (sent += bytes)))
        const services = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
        const body = Stream.orDie(Stream.provideContext(tar, services))
        const unpacked = yield* SiteArchive.unpack(body, { gzip: false, into })
        assert.deepStrictEqual(unpacked, { files: 5, bytes: folder.bytes })
        assert.strictEqual(sent, folder.bytes)
        assert.deepStrictEqual(yield* contents(into), yield* contents(from))
      })
    )
  })
})
