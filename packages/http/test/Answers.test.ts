import { Cursor, ListTooSlow, Order, StoreError } from "@deploys/core"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer, Logger, Ref, Schema } from "effect"
import { completed, ids, running, Script } from "./support/ScriptedEngine.ts"
import { type Answer, Web } from "./support/Web.ts"

const cursor = Cursor.encode(Order.newest, completed)
const list = "/api/deploys"
const one = `${list}/${ids.completed}`

const decodeOpenApi = Schema.decodeUnknownSync(
  Schema.Struct({
    paths: Schema.Record(Schema.String, Schema.Unknown),
    servers: Schema.Array(Schema.Struct({ url: Schema.String }))
  })
)

const decodeObject = Schema.decodeUnknownSync(Schema.Record(Schema.String, Schema.Unknown))

const problemOf = ({ body, headers, status }: Answer) => {
  assert.strictEqual(headers.get("content-type"), "application/problem+json")
  const problem = decodeObject(body)
  assert.include(problem, { status })
  assert.containsAllKeys(problem, ["type", "title", "status", "detail"])
  return problem
}

const type = (name: string) => `urn:problem-type:deploys:${name}`

layer(Web.layer)("an answer", (it) => {
  it.effect("to a list is its rows and where the page stands", () =>
    Effect.gen(function* () {
      const { status, body } = yield* (yield* Web).send("GET", list)
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(body, {
        data: [running, completed],
        pageInfo: { total: 2, hasNextPage: false, hasPreviousPage: false, startCursor: "c1", endCursor: "c2" }
      })
    })
  )

  it.effect("to a list asks the engine by core's names", () =>
    Effect.gen(function* () {
      const query = `limit=7&after=${cursor}&filter={"NOT":{"isLive":{"eq":true}}}&orderBy=[{"createdAt":"desc"}]&ids=${ids.running},${ids.completed}&total=false&workspace_id=ws_1&entity_id=app_1&build_id=bld_1&status=failed&trigger=auto&created_by=ada+%26%20co`
      const { status } = yield* (yield* Web).send("GET", `${list}?${query}`)
      assert.strictEqual(status, 200)
      assert.deepStrictEqual<unknown>((yield* Ref.get((yield* Script).lists)).at(-1), {
        limit: 7,
        after: cursor,
        filter: { NOT: { isLive: { eq: true } } },
        orderBy: [{ createdAt: "desc" }],
        ids: [ids.running, ids.completed],
        total: false,
        workspaceId: "ws_1",
        entityId: "app_1",
        buildId: "bld_1",
        status: "failed",
        trigger: "auto",
        createdBy: "ada & co"
      })
    })
  )

  it.effect("to a create is a 201 with the row and its address", () =>
    Effect.gen(function* () {
      const { body, headers, status } = yield* (yield* Web).send("POST", list, { body: { buildId: "bld_1" } })
      assert.strictEqual(status, 201)
      assert.strictEqual(headers.get("location"), `/api/deploys/${ids.created}`)
      assert.include(decodeObject(body), { id: ids.created, status: "pending", sourceEventId: null })
    })
  )

  it.effect("to a create holds the metadata as it was sent", () =>
    Effect.gen(function* () {
      const metadata = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"a":"😀"}'
      const { text } = yield* (yield* Web).send("POST", list, { body: `{"buildId":"bld_1","metadata":${metadata}}` })
      assert.include(text, `"metadata":${metadata}`)
      assert.isUndefined(Reflect.get({}, "polluted"))
    })
  )

  it.effect("to a get is the row with its steps", () =>
    Effect.gen(function* () {
      const { body } = yield* (yield* Web).send("GET", one)
      assert.deepStrictEqual(body, { ...completed, steps: [], canCancel: false, canRollback: false, waiting: null })
    })
  )

  describe("to a cancel is a success", () => {
    const bodies: ReadonlyArray<readonly [name: string, sent: Parameters<Web["Service"]["send"]>[2], reason?: string]> =
      [
        ["without a body", {}],
        ["with an empty body of any type", { headers: { "content-type": "text/plain", "content-length": "0" } }],
        ["with an empty object", { body: {} }],
        ["with a reason", { body: { reason: "wrong build" } }, "wrong build"],
        [
          "with a charset",
          { body: { reason: "é" }, headers: { "content-type": "Application/JSON; charset=utf-8" } },
          "é"
        ]
      ]
    it.effect.each(bodies)("%s", ([, sent, reason]) =>
      Effect.gen(function* () {
        const { body, status } = yield* (yield* Web).send("POST", `${list}/${ids.running}/cancel`, sent)
        assert.deepStrictEqual({ body, status }, { body: { success: true }, status: 200 })
        assert.strictEqual((yield* Ref.get((yield* Script).cancels)).at(-1), reason)
      })
    )
  })

  it.effect("without a token, with a bad one and with another scheme is the same 401", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const answers = yield* Effect.all([
        send("GET", list, { token: null }),
        send("GET", list, { token: "unknown" }),
        send("GET", list, { token: "" }),
        send("GET", list, { token: null, headers: { authorization: "Basic cm9vdDpyb290" } }),
        send("GET", `${list}?nope=1`, { token: null }),
        send("POST", list, { token: "unknown", body: "{" }),
        send("GET", `${list}?token=root`, { token: null })
      ])
      for (const answer of answers) {
        assert.strictEqual(answer.text, answers[0].text)
        assert.strictEqual(answer.status, 401)
        assert.strictEqual(answer.headers.get("www-authenticate"), 'Bearer realm="deploys"')
        assert.include(problemOf(answer), { type: type("unauthorized") })
      }
    })
  )

  it.effect("takes the scheme of a token in any case", () =>
    Effect.gen(function* () {
      const sent = { token: null, headers: { authorization: "bearer root" } }
      assert.strictEqual((yield* (yield* Web).send("GET", list, sent)).status, 200)
    })
  )

  it.effect("to who lacks a right is a 403 that names it", () =>
    Effect.gen(function* () {
      const answer = yield* (yield* Web).send("POST", `${list}/${ids.running}/cancel`, { token: "reader" })
      assert.include(problemOf(answer), { status: 403, type: type("forbidden"), right: "cancel", workspaceId: "ws_1" })
    })
  )

  it.effect("about what is hidden is the answer about what is not there", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      for (const path of ["", "/events"]) {
        const hidden = yield* send("GET", `${one}${path}`, { token: "stranger" })
        const missing = yield* send("GET", `${list}/${ids.missing}${path}`, { token: "stranger" })
        assert.strictEqual(hidden.status, 404)
        assert.strictEqual(hidden.text.replaceAll(ids.completed, ""), missing.text.replaceAll(ids.missing, ""))
      }
      const cancelled = yield* send("POST", `${list}/${ids.running}/cancel`, { token: "stranger" })
      assert.include(problemOf(cancelled), { status: 404, type: type("not-found") })
    })
  )

  const conflicts = [
    [
      "a build that has not completed",
      list,
      { buildId: "bld_running" },
      "build-not-deployable",
      { buildStatus: "running" }
    ],
    ["an app without a build", list, { appId: "app_1" }, "no-deployable-build", { appId: "app_1" }],
    ["a deploy that is over", `${one}/cancel`, {}, "deploy-finished", { deployStatus: "completed", failureCode: null }]
  ] as const
  it.effect.each(conflicts)("about %s is a 409 that says how it is", ([, path, body, name, says]) =>
    Effect.gen(function* () {
      const answer = yield* (yield* Web).send("POST", path, { body })
      assert.include(problemOf(answer), { status: 409, type: type(name), ...says })
    })
  )

  it.effect("about a build that is not there is a 404", () =>
    Effect.gen(function* () {
      const answer = yield* (yield* Web).send("POST", list, { body: { buildId: "bld_missing" } })
      assert.include(problemOf(answer), { status: 404, detail: "There is no build bld_missing" })
    })
  )

  it.effect("to a body of another type or encoding is a 415", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      for (const headers of [
        { "content-type": "text/plain" },
        { "content-type": "application/x-www-form-urlencoded" },
        { "content-type": "application/jsonx" },
        { "content-encoding": "gzip" }
      ]) {
        const answer = yield* send("POST", list, { body: { buildId: "bld_1" }, headers })
        assert.include(problemOf(answer), { status: 415, type: type("unsupported-media-type") })
      }
    })
  )

  it.effect("to a body of 64 KiB is not yet a 413, to one of a byte more it is", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const body = (bytes: number) => `{"buildId":"bld_1","nope":"${"a".repeat(bytes - 29)}"}`
      assert.strictEqual((yield* send("POST", list, { body: body(64 * 1024) })).status, 400)
      const answer = yield* send("POST", list, { body: body(64 * 1024 + 1) })
      assert.include(problemOf(answer), { status: 413, type: type("payload-too-large"), maxBytes: 65_536 })
    })
  )

  it.effect("to an address that is not served is a 404", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      for (const path of [
        "/",
        "/api",
        "/api/deploy",
        "/API/deploys",
        `${one}/nope`,
        "/%zz",
        "/api/deploys/%zz/cancel"
      ]) {
        assert.include(problemOf(yield* send("GET", path)), { status: 404, type: type("not-found") })
      }
    })
  )

  const allowed = [
    ["DELETE", list, "GET, HEAD, POST"],
    ["PUT", `${list}/`, "GET, HEAD, POST"],
    ["OPTIONS", one, "GET, HEAD"],
    ["GET", `${one}/cancel`, "POST"],
    ["HEAD", `${one}/cancel?x=1`, "POST"],
    ["POST", "/openapi.json", "GET, HEAD"],
    ["PATCH", "/healthz", "GET, HEAD"]
  ] as const
  it.effect.each(allowed)("to %s %s is a 405 that lists what is allowed", ([method, path, allow]) =>
    Effect.gen(function* () {
      const answer = yield* (yield* Web).send(method, path)
      assert.strictEqual(answer.status, 405)
      assert.strictEqual(answer.headers.get("allow"), allow)
    })
  )

  it.effect("to HEAD is the headers of GET", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const answer = yield* send("HEAD", one)
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.text, "")
    })
  )

  it.effect("is neither cached nor sniffed nor shared with other origins", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const headers = { origin: "http://other.example", "access-control-request-method": "POST" }
      const answers = yield* Effect.all([
        send("GET", list, { headers }),
        send("OPTIONS", list, { headers }),
        send("GET", list, { headers, token: null }),
        send("GET", "/nope", { headers }),
        send("GET", "/healthz", { headers })
      ])
      for (const { headers } of answers) {
        assert.strictEqual(headers.get("cache-control"), "no-store")
        assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
        assert.deepStrictEqual(
          [...headers.keys()].filter((name) => name.startsWith("access-control-")),
          []
        )
      }
    })
  )

  it.effect("has the request id that was sent, or one that was made", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const idFor = (id: string) =>
        Effect.map(send("GET", "/healthz", { headers: { "x-request-id": id } }), ({ headers }) =>
          headers.get("x-request-id")
        )
      assert.strictEqual(
        yield* idFor("Root=1-67891233-abcdef012345678912345678"),
        "Root=1-67891233-abcdef012345678912345678"
      )
      for (const id of ["a b", "", "a".repeat(129), "<script>", "é"])
        assert.match((yield* idFor(id)) ?? "", /^req_[0-9a-z]{26}$/)
    })
  )

  it.effect("describes itself", () =>
    Effect.gen(function* () {
      const { body, status } = yield* (yield* Web).send("GET", "/openapi.json", { token: null })
      assert.strictEqual(status, 200)
      const { paths, servers } = decodeOpenApi(body)
      assert.hasAllKeys(paths, [
        list,
        `${list}/search`,
        `${list}/{id}`,
        `${list}/{id}/cancel`,
        `${list}/{id}/rollback`,
        `${list}/{id}/events`,
        "/healthz",
        "/readyz"
      ])
      assert.deepStrictEqual(servers, [{ url: "/" }])
    })
  )

  it.effect("of a probe needs no token", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      for (const path of ["/healthz", "/readyz"]) {
        const { body, status } = yield* send("GET", path, { token: null })
        assert.deepStrictEqual({ body, status }, { body: { status: "ok" }, status: 200 })
      }
    })
  )
})

it.effect("a list that takes too long is a 503 that says what to ask for instead", () =>
  Effect.gen(function* () {
    const cause = new ListTooSlow({ limitMillis: 5000 })
    yield* Ref.set((yield* Script).before, Effect.fail(new StoreError({ operation: "list", cause })))
    const { send } = yield* Web
    const problem = problemOf(yield* send("GET", list))
    assert.include(problem, { status: 503, type: type("unavailable"), detail: cause.message })
  }).pipe(Effect.provide(Web.layer))
)

describe("while the store can't answer", () => {
  const down = new StoreError({ operation: "list", cause: new Error("canary-secret") })
  const setUp = Effect.gen(function* () {
    yield* Ref.set((yield* Script).before, Effect.fail(down))
    return yield* Web
  })

  it.effect("an answer is a 503 that says when to come back and not what happened", () =>
    Effect.gen(function* () {
      const { send } = yield* setUp
      for (const answer of [
        yield* send("GET", list),
        yield* send("GET", one),
        yield* send("GET", `${one}/events`),
        yield* send("POST", list, { body: { buildId: "bld_1" } }),
        yield* send("POST", `${one}/cancel`),
        yield* send("GET", list, { token: "down" }),
        yield* send("GET", "/readyz", { token: null })
      ]) {
        assert.include(problemOf(answer), { status: 503, type: type("unavailable") })
        assert.strictEqual(answer.headers.get("retry-after"), "1")
        assert.notInclude(answer.text, "canary")
      }
      assert.strictEqual((yield* send("GET", "/healthz", { token: null })).status, 200)
    }).pipe(Effect.provide(Web.layer))
  )
})

describe("a defect", () => {
  it.effect("is a 500 that names its request, under which the log says what happened", () =>
    Effect.gen(function* () {
      const lines = yield* Ref.make<ReadonlyArray<string>>([])
      const logger = Logger.map(Logger.formatLogFmt, (line) =>
        Effect.runSync(Ref.update(lines, (all) => [...all, line]))
      )
      const answer = yield* Effect.gen(function* () {
        yield* Ref.set((yield* Script).before, Effect.die(new Error("canary-secret")))
        return yield* (yield* Web).send("GET", list, { headers: { "x-request-id": "r-1" } })
      }).pipe(Effect.provide(Web.layer.pipe(Layer.provide(Logger.layer([logger])))))
      assert.include(problemOf(answer), { status: 500, type: type("internal-error"), requestId: "r-1" })
      assert.notInclude(answer.text, "canary")
      const log = (yield* Ref.get(lines)).join("\n")
      assert.include(log, "canary-secret")
      assert.include(log, "requestId=r-1")
      assert.notInclude(log, "Bearer")
    })
  )
})

describe("a base path", () => {
  it.effect("stands in front of every address, also of those that answers name", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const created = yield* send("POST", "/ship/api/deploys", { body: { buildId: "bld_1" } })
      assert.strictEqual(created.headers.get("location"), `/ship/api/deploys/${ids.created}`)
      assert.strictEqual((yield* send("GET", `/ship${one}`)).status, 200)
      assert.strictEqual((yield* send("GET", "/ship/healthz")).status, 200)
      assert.strictEqual((yield* send("GET", list)).status, 404)
      assert.strictEqual((yield* send("DELETE", `/ship${list}`)).headers.get("allow"), "GET, HEAD, POST")
      const { body } = yield* send("GET", "/ship/openapi.json")
      assert.deepStrictEqual(decodeOpenApi(body).servers, [{ url: "/ship" }])
    }).pipe(Effect.provide(Web.layerOf({ basePath: "/ship" })))
  )
})
