import { AccessPolicy, hasRight, MemoryAccess, WorkspaceId } from "@deploys/core"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer, Option, Redacted } from "effect"
import { DataFolder } from "../src/DataFolder.ts"
import * as RootAccess from "../src/RootAccess.ts"
import { RootToken } from "../src/RootToken.ts"
import { temporary } from "./support/folders.ts"

const rootToken = (folder: string, given: Option.Option<Redacted.Redacted> = Option.none()) =>
  RootToken.pipe(Effect.provide(RootToken.layer(given).pipe(Layer.provide(DataFolder.layer(folder)))))

layer(NodeServices.layer)("the root token", (it) => {
  it.effect("is made once, long and hard to guess, for its owner's eyes alone", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = `${yield* temporary}/data`
      const both = yield* Effect.all([rootToken(folder), rootToken(folder)], { concurrency: "unbounded" })
      const tokens = [...both, yield* rootToken(folder)].map(({ token }) => Redacted.value(token))
      assert.deepStrictEqual(tokens, [tokens[0], tokens[0], tokens[0]])
      assert.match(tokens[0] ?? "", /^root_[A-Za-z0-9_-]{43}$/)
      assert.notStrictEqual(Redacted.value((yield* rootToken(yield* temporary)).token), tokens[0])
      const file = Option.getOrThrow((yield* rootToken(folder)).file)
      assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
      assert.strictEqual((yield* fs.stat(folder)).mode & 0o777, 0o700)
    })
  )

  it.effect("is the one that was given, and then no file holds it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* temporary
      const given = Redacted.make("g".repeat(32))
      assert.deepStrictEqual(yield* rootToken(folder, Option.some(given)), { token: given, file: Option.none() })
      assert.isFalse(yield* fs.exists(`${folder}/root-token`))
    })
  )

  it.effect("in a file that holds none stops the start and names the file", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* temporary
      yield* fs.writeFileString(`${folder}/root-token`, "s3cret\n")
      const { message } = yield* Effect.flip(rootToken(folder))
      assert.strictEqual(message, `ROOT_TOKEN: ${folder}/root-token holds no token; remove it to have one made`)
    })
  )

  it.effect("may do everything, and other tokens what they could before", () =>
    Effect.gen(function* () {
      const root = "r".repeat(40)
      const principal = { subject: "ada", everywhere: ["read"], workspaces: {} } as const
      const policy = yield* AccessPolicy.pipe(
        Effect.provide(
          RootAccess.layer.pipe(
            Layer.provide([
              MemoryAccess.layerOf({ ada: principal }),
              Layer.succeed(RootToken, { token: Redacted.make(root), file: Option.none() })
            ])
          )
        )
      )
      const as = (token: string) => policy.authenticate(Redacted.make(token))
      const found = Option.getOrThrow(yield* as(root))
      for (const right of ["read", "deploy", "cancel", "admin"] as const)
        assert.isTrue(hasRight(found, right, WorkspaceId.make("any")))
      assert.deepStrictEqual(yield* as("ada"), Option.some(principal))
      for (const wrong of ["", "x", root.slice(1), `${root}r`]) assert.deepStrictEqual(yield* as(wrong), Option.none())
    })
  )
})
