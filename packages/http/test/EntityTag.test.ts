import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isKnown, tagOf } from "../src/EntityTag.ts"
import { ids } from "./support/ScriptedEngine.ts"
import { Web } from "./support/Web.ts"

const path = `/api/deploys/${ids.completed}`

describe("the tag of an answer", () => {
  it("is strong, and another for another byte", () => {
    assert.match(tagOf("a"), /^"[A-Za-z0-9_-]{27}"$/)
    assert.notStrictEqual(tagOf("a"), tagOf("b"))
  })

  const tag = '"abc"'
  const sent: ReadonlyArray<readonly [ifNoneMatch: string | undefined, known: boolean]> = [
    [undefined, false],
    ["", false],
    ['"abc"', true],
    ['W/"abc"', true],
    ['"x", "abc"', true],
    ["*", true],
    ["abc", false],
    ['"x"', false],
    ['"x" "abc"', false],
    ['"abc', false]
  ]
  it.each(sent)("is known by %j: %s", (ifNoneMatch, known) => assert.strictEqual(isKnown(ifNoneMatch, tag), known))

  it.effect("saves a caller who has the deploy its body", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const first = yield* send("GET", path)
      const etag = first.headers.get("etag") ?? assert.fail("no tag")
      const again = yield* send("GET", path, { headers: { "if-none-match": etag } })
      assert.deepStrictEqual([again.status, again.text, again.headers.get("etag")], [304, "", etag])
      const other = yield* send("GET", path, { headers: { "if-none-match": '"other"' } })
      assert.deepStrictEqual([other.status, other.text], [200, first.text])
      assert.strictEqual(other.headers.get("content-type"), "application/json")
    }).pipe(Effect.provide(Web.layer))
  )

  it.effect("tells different deploys apart, and does not open what is hidden", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const [one, two] = [yield* send("GET", path), yield* send("GET", `/api/deploys/${ids.running}`)]
      assert.notStrictEqual(one.headers.get("etag"), two.headers.get("etag"))
      const hidden = yield* send("GET", path, { token: "stranger", headers: { "if-none-match": "*" } })
      assert.deepStrictEqual([hidden.status, hidden.headers.get("etag")], [404, null])
    }).pipe(Effect.provide(Web.layer))
  )
})
