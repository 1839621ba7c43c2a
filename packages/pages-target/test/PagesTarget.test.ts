import { assert, describe, it } from "@effect/vitest"
import { FakePages } from "@deploys/pages-target/testing"
import { Effect } from "effect"
import { Artifacts, deploy, fetchSite, filesOf, host, production } from "./support/host.ts"

describe("a deploy to Cloudflare Pages", () => {
  it.live("goes live step by step, and its log says how", () =>
    Effect.gen(function* () {
      const { put } = yield* Artifacts
      put("one", filesOf({ "index.html": "<h1>one</h1>", "a.txt": "same", "b.txt": "same", "empty.txt": "" }))
      const { deploy: done, logs, steps } = yield* deploy("shop", "one")
      console.log(logs, done, steps)
      assert.strictEqual(done.status, "completed")
      assert.strictEqual(yield* production("shop"), "<h1>one</h1>")
      assert.strictEqual((yield* fetchSite(done.previewUrl ?? "", "a.txt")).status, 200)
      const { calls } = yield* FakePages
      console.log(
        (yield* calls).map(({ call, detail, status }) => [call, status, JSON.stringify(detail)?.slice(0, 200)])
      )
    }).pipe(Effect.provide(host()))
  )
})
