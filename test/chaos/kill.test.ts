import type { DeployEvent, FeedEvent } from "@deploys/core"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Option, Schedule, Stream } from "effect"
import { events, get, post, upload } from "../e2e/support/calls.ts"
import { databases } from "../e2e/support/databases.ts"
import { platform, served, temporary } from "../e2e/support/platform.ts"
import { deploys, killed, type RunningServer, serve, stopped } from "../e2e/support/processes.ts"

const timeout = 240_000

/** Enough files that each step takes a while, so that a kill finds it at work. */
const site = Object.fromEntries(
  Array.from({ length: 300 }, (_, index) => [`page-${index}.html`, `<h1>${index}</h1>`.repeat(200)])
)

const boundaries = ["prepare", "stage", "switch", "verify"].flatMap((name) => [
  `step.running ${name}`,
  `step.completed ${name}`
])

const boundaryOf = (event: FeedEvent) => ("name" in event.data ? `${event.type} ${event.data.name}` : event.type)

/** How far the deploy has been watched, over all servers that ran it. */
interface Watch {
  readonly seen: Array<DeployEvent>
  readonly left: Set<string>
}

/** Watches the deploy to the next boundary that is left, or to its end. What comes behind it is left to be seen again. */
const nextBoundary = (server: RunningServer, id: string, { left, seen }: Watch) =>
  events(server, id, seen.length).pipe(
    Stream.filter((event) => event.type !== "progress"),
    Stream.takeUntil((event) => left.has(boundaryOf(event))),
    Stream.tap((event) => Effect.sync(() => seen.push(event))),
    Stream.runLast,
    Effect.map(Option.map(boundaryOf)),
    Effect.map(Option.filter((name) => left.has(name)))
  )

/** A server that was killed leaves its ports for a moment, and its deploy until the lease has run out. */
const soon = Schedule.spaced("200 millis").pipe(Schedule.upTo({ times: 50 }))

const newDeploy = Effect.fnUntraced(function* (server: RunningServer) {
  const { body: app } = yield* post(server, "/api/apps", { workspaceId: "default", name: "shop" })
  const { body: build } = yield* upload(server, app.id, site)
  const { body: deploy } = yield* post(server, "/api/deploys", { buildId: build.id })
  return deploy.id
})

const checkStory = (seen: ReadonlyArray<DeployEvent>) => {
  assert.deepStrictEqual(
    seen.map(({ sequence }) => sequence),
    seen.map((_, index) => index + 1)
  )
  const count = (boundary: string) => seen.filter((event) => boundaryOf(event) === boundary).length
  assert.deepStrictEqual(
    seen.filter(({ type }) => type === "step.completed").map(boundaryOf),
    boundaries.filter((boundary) => boundary.startsWith("step.completed"))
  )
  const starts = seen.filter(({ type }) => type === "step.running").length
  assert.isAbove(starts, 4, "no kill has found a step at work")
  assert.strictEqual(count("deploy.completed"), 1)
  assert.strictEqual(count("deploy.failed"), 0)
}

describe.each(databases)("a server on $name", ({ available, fresh }) => {
  layer(platform, { excludeTestServices: true })((it) => {
    it.effect.skipIf(!available)(
      "that is killed at every boundary of every step finishes the deploy when it starts again",
      () =>
        Effect.gen(function* () {
          const data = yield* temporary
          const settings = { ...(yield* fresh), LEASE_SECONDS: "2" }
          const watch: Watch = { seen: [], left: new Set(boundaries) }
          let server = yield* serve(data, settings)
          const id = yield* newDeploy(server)
          while (watch.left.size > 0) {
            const boundary = yield* nextBoundary(server, id, watch)
            yield* killed(server)
            assert.isTrue(Option.isSome(boundary), `the deploy ended before ${[...watch.left].join(", ")}`)
            Option.map(boundary, (name) => watch.left.delete(name))
            server = yield* Effect.retry(serve(data, { ...settings, PORT: server.port }), soon)
          }
          yield* nextBoundary(server, id, watch)
          checkStory(watch.seen)
          const { body } = yield* get(server, `/api/deploys/${id}`)
          assert.deepInclude(body, { status: "completed", isLive: true })
          for (const [file, text] of Object.entries(site)) {
            assert.deepStrictEqual(yield* served(body.productionUrl, file), { status: 200, text })
          }
          assert.strictEqual(yield* stopped(server), 0)
        }),
      timeout
    )
  })
})

describe("a folder with PGlite", () => {
  layer(platform, { excludeTestServices: true })((it) => {
    it.effect(
      "has one owner: a second server is refused, and lets the first one be",
      () =>
        Effect.gen(function* () {
          const data = yield* temporary
          const first = yield* serve(data)
          const second = yield* deploys(["serve"], { DATA_DIR: data, PORT: "0", SITES_PORT: "0" })
          assert.strictEqual(second.exitCode, 1)
          assert.match(
            second.stderr,
            /^Opening the database: [^\n]+\ndeploys: DATA_DIR: [^\n]+ is in use by process \d+[^\n]*\n$/
          )
          assert.strictEqual((yield* get(first, "/readyz")).status, 200)
          yield* killed(first)
          const third = yield* serve(data)
          assert.strictEqual(yield* stopped(third), 0)
        }),
      timeout
    )
  })
})
