import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { events, get, post, upload } from "./support/calls.ts"
import { cuttingProxy } from "./support/cuttingProxy.ts"
import { platform, temporary } from "./support/platform.ts"
import { bin, deploys, killed, type RunningServer, serve, started, stopped, towards } from "./support/processes.ts"

const timeout = 180_000

/** A server with an app and two completed deploys of it, which runs nothing more: what is created stays pending. */
class Platform extends Context.Service<
  Platform,
  {
    readonly server: RunningServer
    readonly appId: string
    readonly ids: ReadonlyArray<string>
    readonly buildId: string
  }
>()("test/e2e/Platform") {
  static readonly layer = Layer.effect(
    Platform,
    Effect.gen(function* () {
      const data = yield* temporary
      const first = yield* serve(data)
      const { body: app } = yield* post(first, "/api/apps", { workspaceId: "default", name: "shop" })
      const { body: build } = yield* upload(first, app.id, { "index.html": "<h1>Hi" })
      const ids: Array<string> = []
      for (let n = 0; n < 2; n++) {
        const { body: deploy } = yield* post(first, "/api/deploys", { buildId: build.id })
        yield* Stream.runDrain(events(first, deploy.id))
        ids.push(deploy.id)
      }
      yield* stopped(first)
      const server = yield* serve(data, { RUNNER: "off" })
      return { server, appId: app.id, ids, buildId: build.id }
    })
  ).pipe(Layer.provideMerge(platform))
}

/** Runs a command against the server. */
const run = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const { server } = yield* Platform
  return yield* deploys(args, towards(server))
})

/** What a command printed that has to succeed. */
const printed = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const { exitCode, stderr, stdout } = yield* run(...args)
  assert.strictEqual(exitCode, 0, stderr)
  assert.strictEqual(stderr, "")
  return stdout
})

const pending = Effect.gen(function* () {
  const { buildId, server } = yield* Platform
  const { body } = yield* post(server, "/api/deploys", { buildId })
  return String(body.id)
})

layer(Platform.layer, { excludeTestServices: true, timeout })("the commands", (it) => {
  it.effect(
    "list deploys as a table, and as the API has them",
    () =>
      Effect.gen(function* () {
        const { appId, ids, server } = yield* Platform
        const [first = "", second = ""] = ids
        const table = (yield* printed("list", "--app", "shop")).trimEnd().split("\n")
        const cells = table.map((line) => line.split(/ {2,}/))
        assert.deepStrictEqual(
          cells.map(([status, app, number, , by, id]) => [status, app, number, by, id]),
          [
            ["STATUS", "APP", "NO", "BY", "ID"],
            ["● live", "shop", "2", "root", second],
            ["✓ completed", "shop", "1", "root", first]
          ]
        )
        assert.notInclude(table.join(), "\u001b")
        const one = yield* printed("list", "--limit", "1")
        assert.include(one, "1 of 2: --all lists the rest")
        const page = JSON.parse(yield* printed("list", "--json"))
        assert.deepStrictEqual(page, (yield* get(server, "/api/deploys?limit=20")).body)
        const all = JSON.parse(yield* printed("list", "--json", "--all", "--limit", "1"))
        assert.deepStrictEqual(all.data, page.data)
        assert.deepInclude(all.pageInfo, { total: 2, hasNextPage: false, hasPreviousPage: false })
        const filter = JSON.stringify({ sequenceNumber: { gte: 1 }, isLive: { eq: false } })
        const asked = ["--filter", filter, "--order-by", `[{"sequenceNumber":"asc"}]`, "--app", appId]
        const shorthands = [
          "--status",
          "completed",
          "--trigger",
          "manual",
          "--created-by",
          "root",
          "--ids",
          ids.join(",")
        ]
        const filtered = JSON.parse(yield* printed("list", "--json", ...asked, ...shorthands, "--workspace", "default"))
        assert.deepStrictEqual(
          filtered.data.map(({ id }: { id: string }) => id),
          [first]
        )
        assert.strictEqual(yield* printed("list", "--workspace", "none"), "There is no such deploy\n")
      }),
    timeout
  )

  it.effect(
    "show a deploy with its steps",
    () =>
      Effect.gen(function* () {
        const { ids, server } = yield* Platform
        const [, live = ""] = ids
        const text = yield* printed("show", live)
        assert.match(text, /^Deploy 2 of shop {2}● live\n/)
        for (const said of ["manual, by root", "http://shop.localhost", "✓ verify"]) assert.include(text, said)
        const { body } = yield* get(server, `/api/deploys/${live}`)
        assert.deepStrictEqual(JSON.parse(yield* printed("show", live, "--json")), body)
        const waiting = yield* printed("show", yield* pending)
        assert.match(waiting, /○ pending\n/)
        assert.match(waiting, /waits for +(a free runner|another deploy of the app), \d in line/)
      }),
    timeout
  )

  it.effect(
    "print a deploy's log, of one that is not over as far as it goes",
    () =>
      Effect.gen(function* () {
        const { ids } = yield* Platform
        const [, live = ""] = ids
        const lines = (yield* printed("logs", live)).trimEnd().split("\n")
        for (const line of lines) assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} {2}.*\S/)
        assert.match(lines[0] ?? "", /○ created as 2 by root \(manual, build bld_\w+\)$/)
        assert.match(lines.at(-1) ?? "", /✓ live at http:\/\/shop\.localhost:\d+\/$/)
        const told = (yield* printed("logs", live, "--json", "--follow")).trimEnd().split("\n")
        const stored = told.map((line) => JSON.parse(line))
        assert.deepStrictEqual(
          stored.map(({ sequence }) => sequence),
          stored.map((_, index) => index + 1)
        )
        assert.strictEqual(stored.at(-1).type, "deploy.completed")
        const open = (yield* printed("logs", yield* pending, "--json")).trimEnd().split("\n")
        assert.deepStrictEqual(
          open.map((line) => JSON.parse(line).type),
          ["deploy.created"]
        )
      }),
    timeout
  )

  it.effect(
    "end without a word when nobody reads what they print",
    () =>
      Effect.gen(function* () {
        const { ids, server } = yield* Platform
        const piped = `"${process.execPath}" "${bin}" logs ${ids[0] ?? ""} | true`
        const shell = yield* ChildProcess.make("sh", ["-c", piped], {
          env: { PATH: process.env["PATH"], ...towards(server) },
          extendEnv: false
        })
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(shell.stderr)), "")
      }),
    timeout
  )

  it.effect(
    "cancel a deploy with a reason, as often as they are asked",
    () =>
      Effect.gen(function* () {
        const { ids, server } = yield* Platform
        const id = yield* pending
        assert.include(yield* printed("cancel", id, "--reason", "wrong branch"), `Cancelled: ${id} will never go live`)
        assert.deepStrictEqual(JSON.parse(yield* printed("cancel", id, "--json")), { success: true })
        const { body } = yield* get(server, `/api/deploys/${id}`)
        assert.deepInclude(body.metadata.cancellation, { reason: "wrong branch", by: "root" })
        const late = yield* run("cancel", ids[0] ?? "")
        assert.strictEqual(late.exitCode, 1)
        assert.match(late.stderr, /^deploys: [^\n]*completed[^\n]*\n$/)
      }),
    timeout
  )

  it.effect(
    "make one rollback though its answer was lost",
    () =>
      Effect.gen(function* () {
        const { appId, ids, server } = yield* Platform
        const [first = ""] = ids
        const proxy = yield* cuttingProxy(server, "/rollback")
        const rollbacks = "/api/deploys?trigger=rollback"
        const env = { ...towards(server), DEPLOYS_URL: proxy.url }
        const { exitCode, stderr, stdout } = yield* deploys(["rollback", first, "--reason", "oops", "--json"], env)
        assert.strictEqual(exitCode, 0, stderr)
        assert.deepStrictEqual(proxy.seen, { asked: 2, cut: 1 })
        const { body } = yield* get(server, rollbacks)
        assert.deepStrictEqual(body.data, [JSON.parse(stdout)])
        assert.deepInclude((yield* get(server, `/api/apps/${appId}`)).body.hold, { reason: "oops", by: "root" })
        const text = yield* printed("rollback", first)
        assert.match(text, /✓ Deploy \d+ of shop goes back to dep_\w+: dep_\w+\n/)
        assert.strictEqual((yield* get(server, rollbacks)).body.pageInfo.total, 2)
      }),
    timeout
  )

  it.effect(
    "say in one line what is wrong, with 2 for what can't be asked and 1 for what can't be done",
    () =>
      Effect.gen(function* () {
        const { server } = yield* Platform
        const nobody = "dep_01j00000000000000000000000"
        const unreachable = { DEPLOYS_URL: "http://127.0.0.1:1" }
        type Case = readonly [args: string, exitCode: number, says: string, env?: Record<string, string>]
        const cases: ReadonlyArray<Case> = [
          ["show x", 2, `ID: expected a deploy's id such as dep_01j00000000000000000000000, got "x"`],
          ["list --limit 101", 2, `--limit: expected a whole number from 1 to 100, got "101"`],
          ["list --filter {", 2, `--filter: expected JSON, got "{"`],
          ["token revoke dpl_secret", 2, "not the token itself"],
          [`show ${nobody}`, 1, `There is no deploy ${nobody}`],
          [`rollback ${nobody}`, 1, `There is no deploy ${nobody}`],
          [`list --filter {"a":1}`, 1, "/filter/a Unknown field"],
          ["list --app none", 1, "There is no app none that this token sees"],
          ["list", 1, "can't be reached (ECONNREFUSED)", unreachable],
          ["list", 1, "does not take the token in DEPLOYS_TOKEN", { DEPLOYS_TOKEN: "wrong" }]
        ]
        const check = Effect.fnUntraced(function* ([args, exitCode, says, env]: Case) {
          const ended = yield* deploys(args.split(" "), { ...towards(server), ...env })
          assert.deepStrictEqual({ exitCode: ended.exitCode, stdout: ended.stdout }, { exitCode, stdout: "" }, args)
          assert.match(ended.stderr, /^deploys: [^\n]+\n$/)
          assert.include(ended.stderr, says)
        })
        yield* Effect.forEach(cases, check, { concurrency: 2, discard: true })
      }),
    timeout
  )

  it.effect(
    "issue a token, list it and revoke it",
    () =>
      Effect.gen(function* () {
        const { server } = yield* Platform
        const args = ["token", "create", "ci", "--rights", "read,deploy", "--expires", "30d"]
        const issued = JSON.parse(yield* printed(...args, "--json"))
        assert.deepInclude(issued, { name: "ci", workspaceIds: ["default"], rights: ["read", "deploy"] })
        const days = (Date.parse(issued.expiresAt) - Date.parse(issued.createdAt)) / 86_400_000
        assert.closeTo(days, 30, 0.1)
        const shown = /^dpl_[\w-]{43}$/m.exec(yield* printed("token", "create", "laptop", "--all-workspaces"))?.[0]
        assert.isDefined(shown)

        const asCi = { ...towards(server), DEPLOYS_TOKEN: issued.token }
        const created = yield* deploys(["list", "--json"], asCi)
        assert.strictEqual(created.exitCode, 0, created.stderr)
        const refused = yield* deploys(["token", "list"], asCi)
        assert.strictEqual(refused.exitCode, 1)
        assert.match(refused.stderr, /^deploys: [^\n]*admin[^\n]*\n$/)

        const table = (yield* printed("token", "list")).split("\n").map((line) => line.split(/ {2,}/))
        const row = table.find(([name]) => name === "ci")
        assert.deepStrictEqual(row?.slice(1, 3), [`${issued.prefix}…`, "read,deploy in default"])
        assert.match(row?.[3] ?? "", /now|ago/)
        assert.strictEqual(row?.at(-1), issued.id)

        assert.include(yield* printed("token", "revoke", issued.id), `Revoked: ${issued.id} lets nobody in any more`)
        const ended = yield* deploys(["list"], asCi)
        assert.strictEqual(ended.exitCode, 1)
        assert.include(ended.stderr, "does not take the token in DEPLOYS_TOKEN")
        const left = JSON.parse(yield* printed("token", "list", "--json"))
        assert.deepStrictEqual(
          left.data.map(({ name }: { name: string }) => name),
          ["laptop"]
        )
        assert.match(yield* printed("token", "list", "--all"), /^ci .* revoked .*(now|ago) /m)
      }),
    timeout
  )
})

describe("deploys logs --follow", () => {
  layer(platform, { excludeTestServices: true })((it) => {
    it.effect(
      "tells each event once, though the server is killed and started anew on the way",
      () =>
        Effect.gen(function* () {
          const data = yield* temporary
          const first = yield* serve(data, { RUNNER: "off" })
          const { body: app } = yield* post(first, "/api/apps", { workspaceId: "default", name: "shop" })
          const { body: build } = yield* upload(first, app.id, { "index.html": "<h1>Hi" })
          const { body: deploy } = yield* post(first, "/api/deploys", { buildId: build.id })
          const command = yield* started(["logs", deploy.id, "--follow", "--json"], towards(first))
          yield* command.spoke
          yield* killed(first)
          const second = yield* serve(data, { PORT: first.port })
          const { exitCode, stderr, stdout } = yield* command.result
          assert.strictEqual(exitCode, 0, stderr)
          const told = stdout
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line))
          const story = yield* Stream.runCollect(events(second, deploy.id))
          assert.deepStrictEqual(told, story)
          assert.strictEqual(told.at(-1).type, "deploy.completed")
          assert.strictEqual(yield* stopped(second), 0)
        }),
      timeout
    )
  })
})
