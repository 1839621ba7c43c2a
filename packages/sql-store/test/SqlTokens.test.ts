import { Timestamp, TokenId, trustedPrincipal } from "@deploys/core"
import { AccessPolicy } from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onPglite } from "../../../test/setup/sqlStore.ts"
import { SqlTokens, type TokenRequest } from "../src/index.ts"

const issue = Effect.fnUntraced(function* (given: Partial<TokenRequest> = {}) {
  const tokens = yield* SqlTokens
  return yield* tokens.issue({ name: "CI", ...trustedPrincipal("ada"), createdBy: "root", expiresAt: null, ...given })
})

const authenticate = (token: Redacted.Redacted) => Effect.flatMap(AccessPolicy, (access) => access.authenticate(token))

layer(onPglite)("API tokens", (it) => {
  it.effect("are known by their principal, and told apart by their first characters", () =>
    Effect.gen(function* () {
      const tokens = yield* SqlTokens
      const { row, token } = yield* issue({ name: "laptop" })
      assert.match(Redacted.value(token), /^dpl_[\w-]{43}$/)
      assert.strictEqual(row.prefix, Redacted.value(token).slice(0, 8))
      assert.deepInclude(row, { name: "laptop", subject: "ada", createdBy: "root", revokedAt: null, lastUsedAt: null })
      assert.deepStrictEqual(yield* tokens.find(row.id), Option.some(row))
      assert.deepStrictEqual((yield* tokens.list)[0], row)
      assert.deepStrictEqual(yield* authenticate(token), Option.some(trustedPrincipal("ada")))
    })
  )

  it.effect("are nowhere in the database", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { token } = yield* issue()
      yield* authenticate(token)
      const secret = Redacted.value(token)
      const [row] = yield* sql<{ text: string }>`SELECT string_agg(t::text, E'\\n') AS text FROM deploys.api_tokens t`
      const text = row?.text ?? assert.fail("there are tokens")
      assert.include(text, secret.slice(0, 8))
      assert.notInclude(text, secret.slice(8))
      assert.notInclude(text, Buffer.from(secret).toString("hex"))
    })
  )

  it.effect("let nobody in once they are revoked, and stay revoked at the first time", () =>
    Effect.gen(function* () {
      const tokens = yield* SqlTokens
      const { row, token } = yield* issue()
      assert.isTrue(Option.isSome(yield* authenticate(token)))
      const revoked = Option.getOrThrow(yield* tokens.revoke(row.id))
      assert.isNotNull(revoked.revokedAt)
      assert.deepStrictEqual(yield* tokens.revoke(row.id), Option.some(revoked))
      assert.deepStrictEqual(yield* authenticate(token), Option.none())
      const unknown = TokenId.make("tok_00000000000000000000000000")
      assert.deepStrictEqual(yield* tokens.revoke(unknown), Option.none())
    })
  )

  it.effect("let nobody in a second after another process has revoked them", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { row, token } = yield* issue()
      assert.isTrue(Option.isSome(yield* authenticate(token)))
      yield* sql`UPDATE deploys.api_tokens SET revoked_at = clock_timestamp() WHERE id = ${row.id}`
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* authenticate(token), Option.none())
    })
  )

  it.effect("let in until they expire", () =>
    Effect.gen(function* () {
      const [past, future] = ["2020-01-01T00:00:00.000001Z", "2999-12-31T23:59:59.999999Z"].map((at) =>
        Timestamp.make(at)
      )
      if (past === undefined || future === undefined) return assert.fail()
      const [dead, alive] = [yield* issue({ expiresAt: past }), yield* issue({ expiresAt: future })]
      assert.strictEqual(alive.row.expiresAt, future)
      assert.deepStrictEqual(yield* authenticate(dead.token), Option.none())
      assert.isTrue(Option.isSome(yield* authenticate(alive.token)))
    })
  )

  it.effect("let in no longer than they last, though they were let in a moment before", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { row, token } = yield* issue()
      const soon = sql`UPDATE deploys.api_tokens SET expires_at = clock_timestamp() + interval '300 ms' WHERE id = ${row.id}`
      yield* soon
      yield* authenticate(token)
      yield* TestClock.adjust("300 millis")
      yield* sql`SELECT pg_sleep(0.3)`
      assert.deepStrictEqual(yield* authenticate(token), Option.none())
    })
  )

  it.effect("speak for themselves unless they are issued to speak for somebody", () =>
    Effect.gen(function* () {
      const tokens = yield* SqlTokens
      const request = { name: "root", everywhere: [], workspaces: {}, createdBy: "root", expiresAt: null }
      const { row } = yield* tokens.issue(request)
      assert.strictEqual(row.subject, `root/${row.id}`)
    })
  )

  it.effect("note that they were used, once a minute at most", () =>
    Effect.gen(function* () {
      const tokens = yield* SqlTokens
      const sql = yield* SqlClient.SqlClient
      const { row, token } = yield* issue()
      const used = Effect.map(
        Effect.andThen(authenticate(token), tokens.find(row.id)),
        (found) => Option.getOrThrow(found).lastUsedAt
      )
      const first = yield* used
      assert.isNotNull(first)
      assert.strictEqual(yield* used, first)
      yield* sql`UPDATE deploys.api_tokens SET last_used_at = last_used_at - interval '61 seconds' WHERE id = ${row.id}`
      yield* TestClock.adjust("1 second")
      assert.isTrue(String(yield* used) >= String(first))
    })
  )
})
