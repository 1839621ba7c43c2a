import { CorsOrigins } from "@deploys/http"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ids } from "./support/ScriptedEngine.ts"
import { type Answer, Web } from "./support/Web.ts"

const path = `/api/deploys/${ids.completed}`
const origin = "https://console.example.com"

const preflight = (from: string, at = path) => ({
  at,
  headers: {
    origin: from,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,idempotency-key"
  }
})

const allowed = ({ headers }: Answer) => headers.get("access-control-allow-origin")

layer(Web.layer)("an API without a list of origins", (it) => {
  it.effect("says nothing to pages of any", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      for (const method of ["GET", "OPTIONS"]) {
        const { headers } = yield* send(method, path, { headers: preflight(origin).headers })
        assert.deepStrictEqual(
          [...headers.keys()].filter((name) => name.startsWith("access-control")),
          []
        )
      }
    })
  )
})

const listed = Layer.provide(Web.layer, Layer.succeed(CorsOrigins, [origin]))

layer(listed)("an API with a list of origins", (it) => {
  it.effect("lets their pages ask with all headers that it reads", () =>
    Effect.gen(function* () {
      const { headers, status } = yield* (yield* Web).send("OPTIONS", path, {
        token: null,
        headers: preflight(origin).headers
      })
      assert.strictEqual(status, 204)
      assert.strictEqual(headers.get("access-control-allow-origin"), origin)
      assert.include(headers.get("vary") ?? "", "Origin")
      assert.include(headers.get("access-control-allow-methods") ?? "", "POST")
      const takes = (headers.get("access-control-allow-headers") ?? "").toLowerCase().split(",")
      assert.includeMembers(takes, ["authorization", "content-type", "idempotency-key", "last-event-id", "prefer"])
      assert.isNull(headers.get("access-control-allow-credentials"))
      assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
    })
  )

  it.effect("lets their pages read answers and errors alike", () =>
    Effect.gen(function* () {
      const { send } = yield* Web
      for (const [at, token, status] of [
        [path, "root", 200],
        [`/api/deploys/${ids.missing}`, "root", 404],
        [path, "nobody", 401],
        ["/nowhere", "root", 404]
      ] as const) {
        const answer = yield* send("GET", at, { token, headers: { origin } })
        assert.deepStrictEqual([answer.status, allowed(answer)], [status, origin])
        assert.include(answer.headers.get("vary") ?? "", "Origin")
        assert.include(answer.headers.get("access-control-expose-headers") ?? "", "Retry-After")
      }
    })
  )

  const others = [
    "https://evil.example.com",
    "https://console.example.com.evil.com",
    "http://console.example.com",
    "https://console.example.com:8443",
    "https://CONSOLE.example.com",
    "null"
  ]
  it.effect.each(others)("allows nothing to %s", (other) =>
    Effect.gen(function* () {
      const { send } = yield* Web
      const answers = [
        yield* send("OPTIONS", path, { token: null, headers: preflight(other).headers }),
        yield* send("GET", path, { headers: { origin: other } })
      ]
      for (const answer of answers) {
        assert.isNull(allowed(answer))
        assert.include(answer.headers.get("vary") ?? "", "Origin")
      }
    })
  )
})
