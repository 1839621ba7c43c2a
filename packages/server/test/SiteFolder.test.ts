import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { execFileSync } from "node:child_process"
import { SiteLimits } from "../src/builds/SiteLimits.ts"
import * as SiteFolder from "../src/cli/SiteFolder.ts"
import { temporary, write } from "./support/folders.ts"

const limits = { files: 3, fileBytes: 10, totalBytes: 20, ratio: 1, freeBytes: 1 }

const messageOf = (folder: string) =>
  SiteFolder.read(folder).pipe(
    Effect.provideService(SiteLimits, limits),
    Effect.flip,
    Effect.map(({ message }) => message.replace(new RegExp(`^${folder} `), "DIR "))
  )

layer(NodeServices.layer)("a folder to deploy", (it) => {
  it.effect("is all its files, hidden ones too, in order of path", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      yield* write(folder, { "b.txt": "12", "a/z": "1", ".well-known/x": "123", "a.txt": "" })
      const { bytes, files } = yield* SiteFolder.read(folder)
      assert.deepStrictEqual(files, [
        { path: ".well-known/x", size: 3 },
        { path: "a.txt", size: 0 },
        { path: "a/z", size: 1 },
        { path: "b.txt", size: 2 }
      ])
      assert.strictEqual(bytes, 6)
    })
  )

  const unfit: ReadonlyArray<readonly [what: string, files: Record<string, string>, message: string]> = [
    ["is empty", {}, "DIR has no file in it"],
    ["has too many files", { a: "", b: "", c: "", d: "" }, "DIR has 4 files, more than 3"],
    ["has too large a file", { a: "x".repeat(11) }, "a has 11 bytes, more than the 10 that a file may have"],
    ["is too large", { a: "x".repeat(10), b: "x".repeat(10), c: "x" }, "DIR has 21 bytes, more than 20"]
  ]
  it.effect.each(unfit)("is refused when it %s", ([, files, message]) =>
    Effect.gen(function* () {
      const folder = yield* temporary
      yield* write(folder, files)
      assert.strictEqual(yield* messageOf(folder), message)
    })
  )

  it.effect("is refused for a link or a pipe in it, which it names", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const [linked, piped] = [yield* temporary, yield* temporary]
      yield* write(linked, { "a/x": "" })
      yield* fs.symlink("/etc/passwd", `${linked}/a/secret`)
      execFileSync("mkfifo", [`${piped}/queue`])
      assert.strictEqual(
        yield* messageOf(linked),
        "a/secret is a symbolic link: only files and folders can be deployed"
      )
      assert.strictEqual(yield* messageOf(piped), "queue is a pipe: only files and folders can be deployed")
    })
  )

  it.effect("has to be there, and a folder", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      yield* write(folder, { file: "" })
      assert.strictEqual(yield* messageOf(`${folder}/none`), `There is no folder ${folder}/none`)
      assert.strictEqual(yield* messageOf(`${folder}/file`), "DIR is not a folder")
    })
  )
})
