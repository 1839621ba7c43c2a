import { assert, describe, layer } from "@effect/vitest"
import { Context, Deferred, Effect, FileSystem, Layer, Schedule } from "effect"
import { connect, createServer, type Server } from "node:net"
import { get, post } from "./support/calls.ts"
import { platform, siteOf, temporary } from "./support/platform.ts"
import { deploys, killed, type RunningServer, serve, started, stopped, towards } from "./support/processes.ts"

const site = { "index.html": "<h1>Hi" }
const timeout = 90_000

/** A server that runs nothing: a deploy of it stays pending for as long as a test likes. */
class IdleServer extends Context.Service<IdleServer, RunningServer>()("test/e2e/IdleServer") {
  static readonly layer = Layer.effect(
    IdleServer,
    Effect.flatMap(temporary, (data) => serve(data, { RUNNER: "off" }))
  ).pipe(Layer.provideMerge(platform))
}

const soon = Schedule.spaced("50 millis").pipe(Schedule.upTo({ duration: "60 seconds" }))

/** The deploy that a command has created by now. */
const latestDeploy = (server: RunningServer, status: string) =>
  get(server, `/api/deploys?limit=1&status=${status}`).pipe(
    Effect.flatMap(({ body }) => Effect.fromNullishOr(body.data[0])),
    Effect.retry(soon)
  )

layer(IdleServer.layer, { excludeTestServices: true, timeout })("deploys deploy", (it) => {
  it.effect(
    "says in one line what is wrong, and ends with 1",
    () =>
      Effect.gen(function* () {
        const server = yield* IdleServer
        const fs = yield* FileSystem.FileSystem
        const fine = yield* siteOf(site)
        const linked = yield* siteOf(site)
        yield* fs.symlink("/etc/passwd", `${linked}/passwd`)
        const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, env: Record<string, string>, says: string]> =
          [
            [["/none"], {}, "There is no folder /none"],
            [[yield* temporary], {}, "has no file in it"],
            [[linked], {}, "passwd is a symbolic link: only files and folders can be deployed"],
            [
              [fine],
              { DEPLOYS_TOKEN: "wrong" },
              `The server at ${server.url} does not take the token in DEPLOYS_TOKEN`
            ],
            [[fine], { DEPLOYS_TOKEN: "" }, "DEPLOYS_TOKEN is not set"],
            [[fine], { DEPLOYS_URL: "http://127.0.0.1:1" }, "can't be reached (ECONNREFUSED)"],
            [[fine], { DEPLOYS_URL: "127.0.0.1" }, `DEPLOYS_URL: expected http://… or https://…, got "127.0.0.1"`],
            [[fine, "--workspace", "none"], {}, "There is no workspace none"]
          ]
        const check = Effect.fnUntraced(function* ([args, env, says]: (typeof cases)[number]) {
          const run = yield* deploys(["deploy", ...args, "--app", "shop"], { ...towards(server), ...env })
          assert.strictEqual(run.exitCode, 1, says)
          assert.match(run.stderr, /^deploys: [^\n]+\n$/)
          assert.include(run.stderr, says)
        })
        yield* Effect.forEach(cases, check, { concurrency: 2 })
        assert.deepStrictEqual((yield* get(server, "/api/apps")).body.data, [])
      }),
    timeout
  )

  it.effect(
    "asks for the cancel on Ctrl-C, says so, and ends with 1",
    () =>
      Effect.gen(function* () {
        const server = yield* IdleServer
        const command = yield* started(["deploy", yield* siteOf(site), "--app", "stopped"], towards(server))
        const { id } = yield* latestDeploy(server, "pending")
        yield* command.handle.kill({ killSignal: "SIGINT" })
        const run = yield* command.result
        assert.strictEqual(run.exitCode, 1)
        assert.include(run.stdout, `Cancelled: ${id} will never go live`)
        const { body } = yield* get(server, `/api/deploys/${id}`)
        assert.deepInclude(body, { status: "failed", failureCode: "cancelled" })
      }),
    timeout
  )

  it.effect(
    "shows why a deploy failed that somebody else cancelled",
    () =>
      Effect.gen(function* () {
        const server = yield* IdleServer
        const args = ["deploy", yield* siteOf(site), "--app", "cancelled"]
        const text = yield* started(args, towards(server))
        const json = yield* started([...args, "--json"], towards(server))
        const cancelOne = Effect.gen(function* () {
          const { id } = yield* latestDeploy(server, "pending")
          yield* post(server, `/api/deploys/${id}/cancel`, {})
        })
        yield* Effect.repeat(cancelOne, { times: 1 })
        const shown = yield* text.result
        assert.strictEqual(shown.exitCode, 1)
        assert.include(shown.stdout, "✗ Not deployed  cancelled: ")
        const printed = yield* json.result
        assert.strictEqual(printed.exitCode, 1)
        assert.deepInclude(JSON.parse(printed.stdout), { status: "failed", failureCode: "cancelled" })
      }),
    timeout
  )

  it.effect(
    "leaves nothing on the server when it is gone half-way through its upload",
    () =>
      Effect.gen(function* () {
        const server = yield* IdleServer
        const fs = yield* FileSystem.FileSystem
        const { body: app } = yield* post(server, "/api/apps", { workspaceId: "default", name: "half" })
        const uploads = fs.readDirectory(`${server.data}/uploads`)
        const head = [
          `POST /api/apps/${app.id}/builds HTTP/1.1`,
          "host: deploys",
          `authorization: Bearer ${server.token}`,
          "content-type: application/x-tar",
          "content-length: 100000",
          "",
          ""
        ].join("\r\n")
        const socket = yield* Effect.sync(() => connect(Number(server.port), "127.0.0.1").on("error", () => {}))
        socket.write(head)
        yield* Effect.repeat(uploads, { until: (names) => names.length > 0, schedule: soon })
        socket.destroy()
        yield* Effect.repeat(uploads, { until: (names) => names.length === 0, schedule: soon })
        assert.deepStrictEqual(yield* uploads, [])
        assert.deepStrictEqual((yield* get(server, `/api/apps/${app.id}/builds`)).body.data, [])
      }),
    timeout
  )
})

/** A PostgreSQL that takes connections and never answers, and when it has been reached. */
const silentDatabase = Effect.gen(function* () {
  const reached = yield* Deferred.make<void>()
  const server = yield* Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer((socket) => {
        socket.on("error", () => {})
        Deferred.doneUnsafe(reached, Effect.void)
      }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return {
    database: (password: string) => `postgres://ada:${password}@127.0.0.1:${port}/shop`,
    reached: Deferred.await(reached)
  }
})

describe("deploys migrate", () => {
  layer(platform, { excludeTestServices: true })((it) => {
    it.effect(
      "says which database it opens, and prints what it has done",
      () =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const data = yield* Effect.flatMap(temporary, fs.realPath)
          const { exitCode, stderr, stdout } = yield* deploys(["migrate"], { DATA_DIR: data })
          assert.deepStrictEqual([exitCode, stdout], [0, "The database is up to date\n"])
          assert.strictEqual(stderr, `Opening the database: PGlite, ${data}/database\n`)
        }),
      timeout
    )
  })
})

describe("deploys serve", () => {
  layer(platform, { excludeTestServices: true })((it) => {
    it.effect(
      "ends with one line where a setting is wrong or something is in use",
      () =>
        Effect.gen(function* () {
          const data = yield* temporary
          const server = yield* serve(data, { RUNNER: "off" })
          const cases: ReadonlyArray<readonly [settings: Record<string, string>, says: string]> = [
            [{ PORT: "abc" }, `PORT: expected a port from 0 to 65535 (0 takes a free one), got "abc"`],
            [{ PORT: server.port }, `PORT: ${server.port} on 127.0.0.1 is in use`],
            [{ PORT: "0", SITES_PORT: server.port }, `SITES_PORT: ${server.port} on 127.0.0.1 is in use`],
            [{ DATABASE_URL: "postgres://nobody@127.0.0.1:1/x" }, "DATABASE_URL: the database can't be used: "],
            [{ DATA_DIR: data }, "DATA_DIR: "]
          ]
          const check = Effect.fnUntraced(function* ([settings, says]: (typeof cases)[number]) {
            const run = yield* deploys(["serve"], {
              DATA_DIR: yield* temporary,
              PORT: "0",
              SITES_PORT: "0",
              ...settings
            })
            assert.strictEqual(run.exitCode, 1, says)
            assert.strictEqual(run.stdout, "")
            assert.match(run.stderr, /^(Opening the database: [^\n]+\n)?deploys: [^\n]+\n$/)
            assert.include(run.stderr, `deploys: ${says}`)
          })
          yield* Effect.forEach(cases, check, { concurrency: 2 })
          assert.strictEqual((yield* get(server, "/healthz")).status, 200)
          const { mode } = yield* (yield* FileSystem.FileSystem).stat(`${data}/root-token`)
          assert.strictEqual(mode & 0o777, 0o600)
        }),
      timeout
    )

    it.effect(
      "says which database it opens before that is open, without its password, and can be stopped then",
      () =>
        Effect.gen(function* () {
          const { database, reached } = yield* silentDatabase
          const command = yield* started(["serve"], { DATA_DIR: yield* temporary, DATABASE_URL: database("s3cret") })
          yield* reached
          yield* command.handle.kill({ killSignal: "SIGTERM" })
          const { exitCode, stderr, stdout } = yield* command.result
          assert.strictEqual(stderr, `Opening the database: PostgreSQL, ${database("").split("@")[1]}\n`)
          assert.deepStrictEqual([exitCode, stdout], [0, ""])
        }),
      timeout
    )

    it.effect(
      "is found again by a command that follows a deploy while it is killed and started anew",
      () =>
        Effect.gen(function* () {
          const data = yield* temporary
          const first = yield* serve(data, { RUNNER: "off" })
          const command = yield* started(["deploy", yield* siteOf(site), "--app", "shop"], towards(first))
          yield* latestDeploy(first, "pending")
          yield* killed(first)
          const second = yield* serve(data, { PORT: first.port })
          const run = yield* command.result
          assert.strictEqual(run.exitCode, 0, run.stderr)
          assert.deepStrictEqual(
            run.stdout.split("\n").flatMap((line) => /^✓ (?!made)\w+/.exec(line) ?? []),
            ["✓ upload", "✓ prepare", "✓ stage", "✓ switch", "✓ verify", "✓ Live"]
          )
          assert.strictEqual(yield* stopped(second), 0)
        }),
      timeout
    )
  })
})
