import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { filesOf } from "./support/artifacts.ts"
import { walk } from "./support/deploys.ts"
import { ask, target } from "./support/sites.ts"

layer(target)("LocalTarget", (it) => {
  it.effect("a completed plan is live and has a preview", () =>
    Effect.gen(function* () {
      const deploy = yield* walk(filesOf({ "index.html": "<h1>Hi</h1>", "empty.txt": "" }), "shop")
      yield* deploy.through("verify")
      const answer = yield* ask("shop.localhost", "/")
      assert.strictEqual(answer.text, "<h1>Hi</h1>")
      const preview = new URL((yield* deploy.address("previewUrl")) ?? "")
      assert.strictEqual((yield* ask(preview.host, "/")).text, "<h1>Hi</h1>")
      console.log(deploy.logs, deploy.progress, answer.headers)
    })
  )
})
