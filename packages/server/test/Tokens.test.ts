import { WorkspaceId } from "@deploys/core"
import { Pglite, SqlTokens } from "@deploys/sql-store"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { available } from "../../../test/setup/database.ts"
import { postgres } from "../../../test/setup/sqlStore.ts"
import { ask, ListeningServer, root } from "./support/listeningServer.ts"

const all = ["read", "deploy", "cancel", "admin"]

/** Issues a token by the route, by default with every right in `mine`. */
const issue = Effect.fnUntraced(function* (asked: object = {}, as = root) {
  const json = { name: "CI", workspaceIds: ["mine"], rights: all, ...asked }
  const { body, status } = yield* ask("/api/tokens", { as, json })
  assert.strictEqual(status, 201, JSON.stringify(body))
  return body
})

const listed = Effect.fnUntraced(function* (as: string) {
  const { body } = yield* ask("/api/tokens", { as })
  return body.data.map(({ id }: { id: string }) => id)
})

const revoke = (id: string, as = root) => ask(`/api/tokens/${id}`, { as, method: "DELETE" })

/** All rows of all tables, as text and as JSON. */
const dump = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const tables = yield* sql<{ schema: string; name: string }>`
    SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`
  const texts = yield* Effect.forEach(tables, ({ name, schema }) => {
    const table = sql.literal(`"${schema}"."${name}"`)
    return sql<{ text: string | null }>`
      SELECT string_agg(t::text || to_jsonb(t)::text, E'\\n') AS text FROM ${table} t`
  })
  return {
    tables: tables.map(({ name }) => name),
    text: texts
      .flat()
      .map(({ text }) => text ?? "")
      .join("\n")
  }
})

const databases = [
  { name: "PGlite", there: true, database: Pglite.layerMemory },
  { name: "PostgreSQL", there: available, database: postgres }
]

describe.each(databases)("tokens on $name", ({ database, there }) => {
  layer(ListeningServer.layer.pipe(Layer.provideMerge(database)), { excludeTestServices: true, timeout: 90_000 })(
    (it) => {
      it.effect.skipIf(!there)("are shown once, and act as themselves", () =>
        Effect.gen(function* () {
          const { token, ...row } = yield* issue({
            rights: ["read", "deploy"],
            expiresAt: "2999-01-01T01:00:00.5+01:00"
          })
          assert.match(token, /^dpl_[\w-]{43}$/)
          assert.deepStrictEqual(row, {
            id: row.id,
            name: "CI",
            prefix: token.slice(0, 8),
            workspaceIds: ["mine"],
            rights: ["read", "deploy"],
            subject: `CI/${row.id}`,
            createdBy: "root",
            createdAt: row.createdAt,
            expiresAt: "2999-01-01T00:00:00.500000Z",
            lastUsedAt: null,
            revokedAt: null
          })
          const { body: deploy } = yield* ask("/api/deploys", { as: token, json: { buildId: "bld-mine" } })
          assert.strictEqual(deploy.createdBy, row.subject)
          yield* ask(`/api/deploys/${deploy.id}/cancel`, { as: root, json: {} })
          const { text: events } = yield* ask(`/api/deploys/${deploy.id}/events`, { as: token })
          assert.include(events, `"by":"CI/${row.id}","trigger":"manual"`)
          const { body, text } = yield* ask("/api/tokens", { as: root })
          const known = body.data.find(({ id }: { id: string }) => id === row.id)
          assert.deepStrictEqual({ ...known, lastUsedAt: null }, row)
          assert.match(known.lastUsedAt, /^\d{4}-.*Z$/)
          assert.notInclude(text, token.slice(8))
        })
      )

      it.effect.skipIf(!there)("grant nothing that their issuer lacks, and nothing is found that they can't see", () =>
        Effect.gen(function* () {
          const ruler = (yield* issue({ rights: ["read", "admin"] })).token
          const deployer = (yield* issue({ rights: ["read", "deploy"] })).token
          const both = (yield* issue({ workspaceIds: ["mine", "theirs"] })).token
          const everywhere = (yield* issue({ workspaceIds: "all", rights: ["read", "admin"] })).token
          const cases: ReadonlyArray<readonly [as: string, asked: object, status: number, lacks?: object]> = [
            [ruler, { rights: ["read"] }, 201],
            [ruler, { rights: ["read", "deploy"] }, 403, { right: "deploy", workspaceId: "mine" }],
            [ruler, { workspaceIds: "all", rights: ["read"] }, 403, { right: "admin", workspaceId: null }],
            [ruler, { workspaceIds: ["mine", "theirs"], rights: ["deploy"] }, 404],
            [ruler, { workspaceIds: ["nowhere"], rights: ["deploy"] }, 404],
            [deployer, { rights: ["read"] }, 403, { right: "admin", workspaceId: "mine" }],
            [both, { workspaceIds: ["mine", "theirs"] }, 201],
            [both, { workspaceIds: "all", rights: ["read"] }, 403, { right: "admin", workspaceId: null }],
            [everywhere, { workspaceIds: "all", rights: ["admin"] }, 201],
            [everywhere, { workspaceIds: "all", rights: ["cancel"] }, 403, { right: "cancel", workspaceId: null }],
            [
              everywhere,
              { workspaceIds: ["theirs"], rights: ["cancel"] },
              403,
              { right: "cancel", workspaceId: "theirs" }
            ],
            [everywhere, { workspaceIds: ["nowhere"], rights: ["read"] }, 404]
          ]
          for (const [as, asked, status, lacks] of cases) {
            const json = { name: "x", workspaceIds: ["mine"], rights: all, ...asked }
            const { body } = yield* ask("/api/tokens", { as, json })
            const told = JSON.stringify(asked)
            if (status === 201) assert.deepInclude(body, json, told)
            else assert.deepInclude(body, { status, ...lacks }, told)
          }
          const missing = yield* ask("/api/tokens", {
            as: ruler,
            json: { name: "x", workspaceIds: ["none"], rights: all }
          })
          const hidden = yield* ask("/api/tokens", {
            as: ruler,
            json: { name: "x", workspaceIds: ["theirs"], rights: all }
          })
          assert.strictEqual(hidden.text.replace("theirs", "none"), missing.text)
        })
      )

      it.effect.skipIf(!there)("that reach further than the caller's are not there for them", () =>
        Effect.gen(function* () {
          const ruler = yield* issue({ rights: ["read", "admin"] })
          const reader = yield* issue({ rights: ["read"] })
          const deployer = yield* issue({ rights: ["read", "deploy"] })
          const theirs = yield* issue({ workspaceIds: ["theirs"], rights: ["read"] })
          const both = yield* issue({ workspaceIds: ["mine", "theirs"], rights: ["read"] })
          const everywhere = yield* issue({ workspaceIds: "all", rights: ["read"] })
          const seen = yield* listed(ruler.token)
          for (const { id } of [ruler, reader]) assert.include(seen, id)
          for (const { id } of [deployer, theirs, both, everywhere]) {
            assert.notInclude(seen, id)
            const answer = yield* revoke(id, ruler.token)
            const missing = yield* revoke("tok_00000000000000000000000000", ruler.token)
            assert.strictEqual(answer.status, 404)
            assert.strictEqual(answer.text.replace(id, "tok_00000000000000000000000000"), missing.text)
          }
          const refused = yield* ask("/api/tokens", { as: reader.token })
          assert.deepInclude(refused.body, { status: 403, right: "admin", workspaceId: null })
          const forbidden = yield* revoke(reader.id, reader.token)
          assert.deepInclude(forbidden.body, { status: 403, right: "admin", workspaceId: "mine" })
          assert.strictEqual((yield* revoke(deployer.id, reader.token)).status, 404)
          assert.includeMembers(
            yield* listed(root),
            [ruler, reader, deployer, theirs, both, everywhere].map(({ id }) => id)
          )
        })
      )

      it.effect.skipIf(!there)("that a host issued are told with all that they reach", () =>
        Effect.gen(function* () {
          const tokens = yield* SqlTokens
          const [mine, theirs] = [WorkspaceId.make("mine"), WorkspaceId.make("theirs")]
          const mixed = { everywhere: [], workspaces: { [mine]: ["read"], [theirs]: ["read", "deploy"] } } as const
          const request = { name: "host", subject: "ada", createdBy: "host", expiresAt: null }
          const { row } = yield* tokens.issue({ ...request, ...mixed })
          const { row: idle } = yield* tokens.issue({ ...request, everywhere: [], workspaces: {} })
          const { body } = yield* ask("/api/tokens", { as: root })
          const known = body.data.find(({ id }: { id: string }) => id === row.id)
          assert.deepInclude(known, { subject: "ada", workspaceIds: ["mine", "theirs"], rights: ["read", "deploy"] })
          const seen = yield* listed((yield* issue()).token)
          assert.notInclude(seen, row.id)
          assert.notInclude(seen, idle.id)
        })
      )

      it.effect.skipIf(!there)("that are unknown, malformed, expired or revoked get one answer", () =>
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const [expired, revoked] = [yield* issue(), yield* issue()]
          yield* sql`UPDATE deploys.api_tokens SET expires_at = clock_timestamp() WHERE id = ${expired.id}`
          assert.strictEqual((yield* revoke(revoked.id)).status, 204)
          const unknown = `dpl_${"A".repeat(43)}`
          const sent = [
            "",
            "x",
            unknown,
            unknown.slice(1),
            "a b",
            "dpl_",
            "%00",
            "x".repeat(5000),
            expired.token,
            revoked.token
          ]
          const told = { "x-request-id": "same" }
          const answers = yield* Effect.forEach(sent, (as) => ask("/api/tokens", { as, headers: told }))
          const others = yield* Effect.forEach([`Basic ${root}`, `bearer`, root], (authorization) =>
            ask("/api/tokens", { as: "", headers: { ...told, authorization } })
          )
          for (const { headers, status, text } of [...answers, ...others]) {
            assert.strictEqual(status, 401)
            assert.strictEqual(text, answers[0]?.text)
            assert.deepStrictEqual({ ...headers, date: "" }, { ...answers[0]?.headers, date: "" })
          }
        })
      )

      it.effect.skipIf(!there)("are refused from the moment when their revocation is answered", () =>
        Effect.gen(function* () {
          const { id, token } = yield* issue()
          assert.strictEqual((yield* ask("/api/apps", { as: token })).status, 200)
          assert.strictEqual((yield* revoke(id)).status, 204)
          assert.strictEqual((yield* ask("/api/apps", { as: token })).status, 401)
          const { body } = yield* ask("/api/tokens", { as: root })
          const { revokedAt } = body.data.find((row: { id: string }) => row.id === id)
          assert.match(revokedAt, /^\d{4}-.*Z$/)
          assert.strictEqual((yield* revoke(id)).status, 204)
          const { body: later } = yield* ask("/api/tokens", { as: root })
          assert.strictEqual(later.data.find((row: { id: string }) => row.id === id).revokedAt, revokedAt)
        })
      )

      it.effect.skipIf(!there)("may revoke themselves", () =>
        Effect.gen(function* () {
          const { id, token } = yield* issue()
          assert.strictEqual((yield* revoke(id, token)).status, 204)
          assert.strictEqual((yield* revoke(id, token)).status, 401)
        })
      )

      it.effect.skipIf(!there)("take no request that is not right, and name all that is wrong", () =>
        Effect.gen(function* () {
          const fine = { name: "x", workspaceIds: ["mine"], rights: ["read"] }
          const cases: ReadonlyArray<readonly [asked: object, paths: ReadonlyArray<string>]> = [
            [{ name: "" }, ["/name"]],
            [{ name: "a\nb" }, ["/name"]],
            [{ name: "x".repeat(101) }, ["/name"]],
            [{ name: "🔑".repeat(51) }, ["/name"]],
            [{ rights: [], workspaceIds: [] }, ["/rights", "/workspaceIds"]],
            [{ rights: ["read", "root"] }, ["/rights/1"]],
            [{ rights: ["read", "read"] }, ["/rights"]],
            [{ workspaceIds: "mine" }, ["/workspaceIds"]],
            [{ workspaceIds: ["mine", "a b"] }, ["/workspaceIds/1"]],
            [{ workspaceIds: Array.from({ length: 101 }, (_, index) => `w${index}`) }, ["/workspaceIds"]],
            [{ expiresAt: "tomorrow" }, ["/expiresAt"]],
            [{ expiresAt: "2020-01-01T00:00:00Z" }, ["/expiresAt"]],
            [{ subject: "root", token: "mine" }, ["/subject", "/token"]]
          ]
          for (const [asked, paths] of cases) {
            const { body } = yield* ask("/api/tokens", { as: root, json: { ...fine, ...asked } })
            assert.strictEqual(body?.status, 400, JSON.stringify(asked))
            assert.deepStrictEqual(
              body.errors.map(({ path }: { path: string }) => path).toSorted(),
              paths,
              JSON.stringify(body)
            )
          }
          const malformed = yield* revoke("tok_UPPER")
          assert.deepInclude(malformed.body, { status: 400 })
        })
      )

      // Last, so that it sees what all the others have left.
      it.effect.skipIf(!there)("are in no table, in whatever form they were used", () =>
        Effect.gen(function* () {
          const { token } = yield* issue({ workspaceIds: "all", name: "canary" })
          const headers = { "idempotency-key": "k1" }
          const made = yield* ask("/api/deploys", { as: token, json: { buildId: "bld-theirs" }, headers })
          assert.strictEqual(made.status, 201)
          yield* ask(`/api/deploys/${made.body.id}/cancel`, { as: token, json: { reason: "enough" } })
          const { tables, text } = yield* dump
          assert.includeMembers(tables, ["api_tokens", "idempotency_keys", "deploys", "deploy_events"])
          for (const trace of ["canary", "k1", "enough", token.slice(0, 8)]) assert.include(text, trace)
          const secret = token.slice(8)
          const bytes = Buffer.from(token)
          for (const form of [secret, bytes.toString("hex"), bytes.toString("base64")]) assert.notInclude(text, form)
        })
      )
    }
  )
})

describe.skipIf(!available)("a node beside another on one PostgreSQL", () => {
  layer(ListeningServer.layer.pipe(Layer.provideMerge(postgres)), { excludeTestServices: true, timeout: 90_000 })(
    (it) => {
      it.effect("refuses a token within a second of its revocation by the other", () =>
        Effect.gen(function* () {
          const other = yield* Layer.build(Layer.fresh(ListeningServer.layerNode))
          const askOther = (as: string) => Effect.provide(ask("/api/apps", { as }), other)
          const { id, token } = yield* issue()
          assert.strictEqual((yield* askOther(token)).status, 200)
          assert.strictEqual((yield* revoke(id)).status, 204)
          assert.strictEqual((yield* ask("/api/apps", { as: token })).status, 401)
          yield* Effect.sleep("1 second")
          assert.strictEqual((yield* askOther(token)).status, 401)
        })
      )
    }
  )
})
