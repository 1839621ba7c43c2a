import { assert, describe, layer } from "@effect/vitest"
import { Effect, Ref, Schema } from "effect"
import { ids, Script } from "./support/ScriptedEngine.ts"
import { type Sent, Web } from "./support/Web.ts"

const decodeObject = Schema.decodeUnknownSync(Schema.Record(Schema.String, Schema.Unknown))

const deploys = "/api/deploys"
const path = (id: string) => `${deploys}/${id}/rollback`
const type = (name: string) => `urn:problem-type:deploys:${name}`
const build = { buildId: "bld_1" }

const post = (to: string, key: string | undefined, sent: Sent = {}) =>
  Web.use(({ send }) =>
    send("POST", to, { ...sent, ...(key === undefined ? {} : { headers: { "idempotency-key": key } }) })
  )

layer(Web.layer)("a rollback", (it) => {
  const bodies: ReadonlyArray<readonly [name: string, sent: Sent, reason?: string]> = [
    ["without a body", {}],
    ["with an empty object", { body: {} }],
    ["with a reason", { body: { reason: "wrong prices" } }, "wrong prices"]
  ]
  it.effect.each(bodies)("%s is a 201 with the new row and its address", ([, sent, reason]) =>
    Effect.gen(function* () {
      const { body, headers, status } = yield* post(path(ids.completed), undefined, sent)
      assert.strictEqual(status, 201)
      assert.strictEqual(headers.get("location"), `${deploys}/${ids.created}`)
      assert.isNull(headers.get("idempotency-replayed"))
      assert.include(decodeObject(body), { id: ids.created, trigger: "rollback" })
      assert.notProperty(body, "replayed")
      assert.strictEqual((yield* Ref.get((yield* Script).rollbacks)).at(-1), reason)
    })
  )

  it.effect("to a deploy that has not completed is a 409 that says how far it is", () =>
    Effect.gen(function* () {
      const { body } = yield* post(path(ids.running), undefined)
      assert.deepInclude(decodeObject(body), {
        status: 409,
        type: type("deploy-not-completed"),
        deployId: ids.running,
        deployStatus: "running",
        failureCode: null
      })
    })
  )

  it.effect("is forbidden to who may only read, and not found by who may not", () =>
    Effect.gen(function* () {
      const forbidden = yield* post(path(ids.completed), undefined, { token: "reader" })
      assert.deepInclude(decodeObject(forbidden.body), { status: 403, right: "deploy" })
      const hidden = yield* post(path(ids.completed), undefined, { token: "stranger" })
      const missing = yield* post(path(ids.missing), undefined, { token: "stranger" })
      assert.strictEqual(hidden.status, 404)
      assert.strictEqual(hidden.text.replaceAll(ids.completed, ""), missing.text.replaceAll(ids.missing, ""))
    })
  )

  it.effect("takes no field, parameter or type that it does not know", () =>
    Effect.gen(function* () {
      const { body } = yield* post(`${path("dep_1")}?x=1`, undefined, { body: { reason: 7, to: "x" } })
      const { errors, status } = decodeObject(body)
      assert.strictEqual(status, 400)
      assert.sameMembers(Array.isArray(errors) ? errors.map(({ path: at }) => at) : [], ["/x", "/id"])
      const bad = yield* post(path(ids.completed), undefined, { body: { reason: 7, to: "x" } })
      assert.strictEqual(bad.status, 400)
      const typed = yield* post(path(ids.completed), undefined, {
        body: "x",
        headers: { "content-type": "text/plain" }
      })
      assert.strictEqual(typed.status, 415)
    })
  )
})

layer(Web.layer)("an Idempotency-Key", (it) => {
  const requests = [
    ["create", deploys, { body: build }],
    ["rollback", path(ids.completed), { body: { reason: "why" } }]
  ] as const
  it.effect.each(requests)("lets a %s be repeated, and the answer says so", ([name, to, sent]) =>
    Effect.gen(function* () {
      const first = yield* post(to, `key of ${name}`.replaceAll(" ", "-"), sent)
      const again = yield* post(to, `key of ${name}`.replaceAll(" ", "-"), sent)
      assert.deepStrictEqual([first.status, again.status], [201, 201])
      assert.deepStrictEqual(
        [first, again].map(({ headers }) => headers.get("idempotency-replayed")),
        [null, "true"]
      )
      assert.strictEqual(again.text, first.text)
      assert.strictEqual(again.headers.get("location"), first.headers.get("location"))
    })
  )

  it.effect("of another request is a 409", () =>
    Effect.gen(function* () {
      yield* post(deploys, "once", { body: build })
      const { body } = yield* post(path(ids.completed), "once")
      assert.deepInclude(decodeObject(body), { status: 409, type: type("idempotency-key-reused") })
    })
  )

  describe("that is malformed is a 400", () => {
    const keys = [" ", "a b", "a,\tb", "é", "k".repeat(256)]
    it.effect.each(keys)("such as %j", (key) =>
      Effect.gen(function* () {
        for (const [, to, sent] of requests) {
          const { body } = yield* post(to, key, sent)
          const { errors, status } = decodeObject(body)
          assert.strictEqual(status, 400)
          assert.deepStrictEqual(Array.isArray(errors) && errors.map(({ path: at }) => at), ["/idempotency-key"])
        }
      })
    )
  })
})
