import type { ArtifactFile, ArtifactInvalid, MemoryArtifacts } from "@deploys/core"
import { ArtifactLocator, ArtifactStore } from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Effect, type Layer, Stream } from "effect"

const large = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251)

/** Artifacts that the store has to hold, by their locators. */
export const artifacts: Readonly<Record<string, MemoryArtifacts.ArtifactContents>> = {
  site: {
    "index.html": "<h1>hi \u{1f680}</h1>",
    "assets/app.js": "console.log('hi')",
    "assets/deep/er/still/data.bin": large,
    "assets/empty.txt": "",
    ".well-known/security.txt": "Contact: mailto:ada@test.invalid",
    "a file with spaces & signs.txt": "x"
  },
  // By UTF-16 the last two would change places, and by a language `Z` would be the last of the letters.
  order: { z: "", "\u{1f600}": "", "\uff61": "", Z: "", é: "", "a/b": "", "a.b": "", "a-b": "" },
  single: { "404.html": "gone" },
  empty: {}
}
const order = ["Z", "a-b", "a.b", "a/b", "z", "é", "\uff61", "\u{1f600}"]

/** An artifact that can't be deployed, and which entry is why. */
export interface Fault {
  readonly locator: string
  readonly reason: ArtifactInvalid["reason"]
  readonly path: string
}

/** How a test gets at a file behind the store's back. */
export interface Tampering<R> {
  readonly write: (locator: string, path: string, content: string | Uint8Array) => Effect.Effect<void, never, R>
  readonly remove: (locator: string, path: string) => Effect.Effect<void, never, R>
}

export interface Options<R> {
  readonly faults: ReadonlyArray<Fault>
  /** Absent where files can't change. */
  readonly tampering?: Tampering<R>
}

const filesOf = Effect.fnUntraced(function* (locator: string) {
  const store = yield* ArtifactStore
  return yield* store.files(ArtifactLocator.make(locator))
})

const bytesOf = ({ content }: ArtifactFile) =>
  Effect.map(Stream.runCollect(content), (chunks) => new Uint8Array(Buffer.concat(chunks)))

const encoded = (content: string | Uint8Array) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content

/** What every `ArtifactStore` has to do, in the order of the port's docstring. */
export const suite = <R, E>(name: string, store: Layer.Layer<ArtifactStore | R, E>, options: Options<R>) =>
  layer(store)(`ArtifactStore: ${name}`, (it) => {
    it.effect("lists every file of an artifact with its size", () =>
      Effect.gen(function* () {
        const files = yield* filesOf("site")
        const expected = Object.entries(artifacts["site"] ?? {}).map(([path, content]) => [
          path,
          encoded(content).length
        ])
        assert.sameDeepMembers(
          files.map(({ path, size }) => [path, size]),
          expected
        )
      })
    )

    it.effect("orders files by code point of their path", () =>
      Effect.gen(function* () {
        const files = yield* filesOf("order")
        assert.deepStrictEqual(
          files.map(({ path }) => path as string),
          order
        )
      })
    )

    it.effect("reads each file's bytes anew each time", () =>
      Effect.gen(function* () {
        for (const file of yield* filesOf("site")) {
          const expected = encoded(artifacts["site"]?.[file.path] ?? assert.fail(file.path))
          for (let time = 0; time < 2; time++) {
            const bytes = yield* bytesOf(file)
            assert.isTrue(Buffer.from(bytes).equals(expected), file.path)
            bytes.fill(0)
          }
        }
      })
    )

    it.effect("reads many files and one file many times at once", () =>
      Effect.gen(function* () {
        const files = yield* filesOf("site")
        const reads = [...files, ...files, ...files].map((file) => Effect.zip(Effect.succeed(file), bytesOf(file)))
        for (const [file, bytes] of yield* Effect.all(reads, { concurrency: "unbounded" })) {
          assert.strictEqual(bytes.length, file.size)
        }
      })
    )

    it.effect("can be read no further than it is needed", () =>
      Effect.gen(function* () {
        const files = yield* filesOf("site")
        const file = files.find(({ size }) => size === large.length)
        const first = yield* Stream.runCollect(Stream.take(file?.content ?? Stream.empty, 1))
        assert.lengthOf(first, 1)
      })
    )

    it.effect("answers an unknown locator with missing", () =>
      Effect.gen(function* () {
        for (const locator of [
          "nowhere",
          "site/nowhere",
          "..",
          ".",
          "/",
          "../site",
          "/etc",
          "site/..",
          "__proto__",
          "\0"
        ]) {
          const error = yield* Effect.flip(filesOf(locator))
          if (error._tag !== "ArtifactInvalid") return assert.fail(error._tag)
          assert.strictEqual(error.reason, "missing", locator)
        }
      })
    )

    it.effect("answers an artifact without a file with empty", () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(filesOf("empty"))
        if (error._tag !== "ArtifactInvalid") return assert.fail(error._tag)
        assert.strictEqual(error.reason, "empty")
      })
    )

    it.effect.each(options.faults)("refuses $locator with $reason and names the entry", (fault) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(filesOf(fault.locator))
        if (error._tag !== "ArtifactInvalid") return assert.fail(error._tag)
        assert.deepStrictEqual([error.reason, error.path], [fault.reason, fault.path])
      })
    )

    const { tampering } = options
    if (tampering === undefined) return
    const path = "404.html"
    const content = "gone"

    it.effect.each([
      { how: "longer", now: "gone and more" },
      { how: "shorter", now: "go" },
      { how: "empty", now: "" }
    ])("fails with changed when a file is $how than it was", ({ now }) =>
      Effect.gen(function* () {
        const [file] = yield* filesOf("single")
        if (file === undefined) return assert.fail("there is a file")
        yield* tampering.write("single", path, now)
        const error = yield* Effect.flip(bytesOf(file))
        yield* tampering.write("single", path, content)
        if (error._tag !== "ArtifactInvalid") return assert.fail(error._tag)
        assert.deepStrictEqual([error.reason, error.path], ["changed", path])
        assert.strictEqual(new TextDecoder().decode(yield* bytesOf(file)), content)
      })
    )

    it.effect("fails with missing when a file is gone", () =>
      Effect.gen(function* () {
        const [file] = yield* filesOf("single")
        if (file === undefined) return assert.fail("there is a file")
        yield* tampering.remove("single", path)
        const error = yield* Effect.flip(bytesOf(file))
        yield* tampering.write("single", path, content)
        if (error._tag !== "ArtifactInvalid") return assert.fail(error._tag)
        assert.deepStrictEqual([error.reason, error.path], ["missing", path])
      })
    )

    it.effect("lists files as they are by then", () =>
      Effect.gen(function* () {
        yield* tampering.write("single", "zzz.txt", "new")
        const files = yield* filesOf("single")
        yield* tampering.remove("single", "zzz.txt")
        assert.deepStrictEqual(
          files.map(({ path, size }) => [path as string, size]),
          [
            [path, 4],
            ["zzz.txt", 3]
          ]
        )
      })
    )
  })
