import { ArtifactLocator, ArtifactStore, DirectoryArtifacts } from "@deploys/core"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer, Stream } from "effect"
import { execFileSync } from "node:child_process"
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { dirname, join } from "node:path"
import { artifacts, suite } from "./ArtifactStoreContract.ts"

class Root extends Context.Service<Root, { readonly path: string }>()("test/Root") {}

const write = (root: string, locator: string, path: string, content: string | Uint8Array) => {
  const file = join(root, locator, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

const faults = [
  { locator: "link to a file", reason: "link", path: "a/link.html" },
  { locator: "link to a folder", reason: "link", path: "b/folder" },
  { locator: "link to nowhere", reason: "link", path: "dangling" },
  { locator: "link", reason: "link", path: "link" },
  { locator: "link/assets", reason: "link", path: "link/assets" },
  { locator: "pipe", reason: "special", path: "deep/pipe" },
  { locator: "socket", reason: "special", path: "socket" },
  { locator: "backslash", reason: "path", path: "..\\up.html" },
  { locator: "control character", reason: "path", path: "folder\n" }
] as const

const populate = (root: string) => {
  for (const [locator, contents] of Object.entries(artifacts)) {
    mkdirSync(join(root, locator, "folder without a file"), { recursive: true })
    for (const [path, content] of Object.entries(contents)) write(root, locator, path, content)
  }
  for (const { locator } of faults)
    if (!locator.startsWith("link/") && locator !== "link") write(root, locator, "index.html", "hi")
  write(root, "link to a file", "a/index.html", "hi")
  symlinkSync("../index.html", join(root, "link to a file/a/link.html"))
  mkdirSync(join(root, "link to a folder/b"))
  symlinkSync(join(root, "site"), join(root, "link to a folder/b/folder"))
  symlinkSync("nowhere", join(root, "link to nowhere/dangling"))
  symlinkSync("site", join(root, "link"))
  mkdirSync(join(root, "pipe/deep"))
  execFileSync("mkfifo", [join(root, "pipe/deep/pipe")])
  write(root, "backslash", "..\\up.html", "hi")
  write(root, "control character", "folder\n/index.html", "hi")
}

/** A socket is in the file system as long as somebody listens. */
const listen = (path: string) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer()
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  )

const root = Layer.effect(
  Root,
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* fs.makeTempDirectoryScoped({ prefix: "deploys-artifacts-" })
    populate(path)
    yield* listen(join(path, "socket/socket"))
    return { path }
  })
)
const store = Layer.unwrap(Effect.map(Root, ({ path }) => DirectoryArtifacts.layer(path)))

const directory = Layer.provideMerge(store, root).pipe(Layer.provideMerge(NodeServices.layer))

suite("a directory", directory, {
  faults,
  tampering: {
    write: (locator, path, content) => Effect.map(Root, (root) => write(root.path, locator, path, content)),
    remove: (locator, path) =>
      Effect.flatMap(Effect.all([Root, FileSystem.FileSystem]), ([root, fs]) =>
        Effect.orDie(fs.remove(join(root.path, locator, path)))
      )
  }
})

layer(directory)("an artifact in a directory", (it) => {
  const swaps = [
    { what: "the file", part: "a/page.html" },
    { what: "its folder", part: "a" }
  ]
  it.effect.each(swaps)("is not read where $what has become a link", ({ part, what }) =>
    Effect.gen(function* () {
      const { path } = yield* Root
      write(path, what, "a/page.html", "mine")
      write(path, `other than ${what}`, "a/page.html", "it's")
      const artifacts = yield* ArtifactStore
      const [file] = yield* artifacts.files(ArtifactLocator.make(what))
      const [from, to] = [join(path, what, part), join(path, `other than ${what}`, part)] as const
      renameSync(from, `${from}.bak`)
      symlinkSync(to, from)
      const error = yield* Effect.flip(Stream.runDrain(file?.content ?? Stream.empty))
      rmSync(from)
      if (error._tag !== "ArtifactInvalid") return assert.fail(error._tag)
      assert.deepStrictEqual([error.reason, error.path], ["link", "a/page.html"])
    })
  )

  it.effect("is missing where there is a file, or no root", () =>
    Effect.gen(function* () {
      const artifacts = yield* ArtifactStore
      const { path } = yield* Root
      const nowhere = yield* Layer.build(DirectoryArtifacts.layer(join(path, "nowhere")))
      for (const store of [artifacts, Context.get(nowhere, ArtifactStore)]) {
        const error = yield* Effect.flip(store.files(ArtifactLocator.make("site/index.html")))
        assert.strictEqual(error._tag === "ArtifactInvalid" && error.reason, "missing")
      }
    })
  )
})
