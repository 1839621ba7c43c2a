import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { readFileSync } from "node:fs"
import { platform, temporary } from "./support/platform.ts"
import { serve } from "./support/processes.ts"

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")

/** The commands of these documents that ask for a list. */
const commands = [read("README.md"), read("docs/lists.md")].flatMap((document) =>
  [...document.matchAll(/```sh\n(curl [^`]*?:3000\/api\/deploys[^`]*)```/g)].flatMap((match) => match[1] ?? [])
)

const Answer = Schema.fromJsonString(
  Schema.Struct({ data: Schema.Array(Schema.Unknown), pageInfo: Schema.Struct({ hasNextPage: Schema.Boolean }) })
)

describe("the curl commands of the documents", () => {
  it.live(
    "are answered with pages by the ready server",
    () =>
      Effect.gen(function* () {
        const { token, url } = yield* serve(yield* temporary)
        assert.lengthOf(commands, 3)
        for (const command of commands) {
          const said = yield* ChildProcess.make("sh", ["-c", command.replaceAll("http://127.0.0.1:3000", url)], {
            env: { PATH: process.env["PATH"], DEPLOYS_TOKEN: token },
            extendEnv: false
          }).pipe(Effect.flatMap(({ stdout }) => Stream.mkString(Stream.decodeText(stdout))))
          assert.deepStrictEqual((yield* Schema.decodeEffect(Answer)(said)).data, [], command)
        }
      }).pipe(Effect.provide(platform)),
    60_000
  )
})
