/**
 * Two workspaces on one server. Who may see the one can't tell what is in the other from what does not exist: not by any
 * route, and not by any way to ask it.
 */
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { databases } from "../e2e/support/databases.ts"
import { ReadyServer } from "../setup/readyServer.ts"
import { type Answer, ask, type Asked, headerOf } from "./Caller.ts"
import { ownViews, ways } from "./ways.ts"
import { addApp, addWorkspace, issue, type Names, namesOf, nobody, site } from "./World.ts"

/** An answer without the names that were asked about. */
const withoutNames = ({ headers, status, text }: Answer, names: Names) => {
  const hidden = Object.values(names).reduce((rest, name) => rest.replaceAll(name, "…"), text)
  return { status, headers, text: hidden }
}

/** A token's last use moves when it is used. */
const seen = ({ status, text }: Answer) => ({
  status,
  text: text.replaceAll(/"(lastUsedAt|detail)":("[^"]*"|null)/g, "")
})

const views = (token: string) => Effect.forEach(ownViews, (asked) => Effect.map(ask(token, asked), seen))

const make = Effect.gen(function* () {
  const [ada, cy] = [yield* addWorkspace("mine", "ada"), yield* addWorkspace("theirs", "cy")]
  const mine = yield* addApp(ada.token, ada.workspace, "mine-app")
  const before = yield* views(ada.token)
  const both = yield* issue("both", [ada.workspace, cy.workspace])
  const wide = yield* issue("wide", [ada.workspace, cy.workspace])
  const theirs = yield* namesOf("theirs", cy, wide.id)
  return { ada, cy, both, mine, before, theirs, none: yield* nobody(theirs), tar: yield* site }
})

class World extends Context.Service<World, Effect.Success<typeof make>>()("test/scope/World") {
  static readonly layer = Layer.effect(World, make)
}

/** What is answered about theirs, and about what nobody has. */
const answers = Effect.fnUntraced(function* (token: string, theirs: Asked, none: Asked) {
  const world = yield* World
  return {
    theirs: withoutNames(yield* ask(token, theirs), world.theirs),
    none: withoutNames(yield* ask(token, none), world.none)
  }
})

const idsOf = Effect.fnUntraced(function* (token: string) {
  const { paths } = JSON.parse((yield* ask(token, { path: "/openapi.json" })).text)
  return Object.values(paths).flatMap((methods) =>
    Object.values(Object(methods)).map((operation): string => Object(operation).operationId)
  )
})

describe.each(databases)("two workspaces on $name", ({ available, fresh }) => {
  const server = Layer.provideMerge(World.layer, ReadyServer.layer(fresh))
  if (!available) return
  layer(server, { excludeTestServices: true, timeout: "90 seconds" })((it) => {
    it.effect("are asked for by every route of the server", () =>
      Effect.gen(function* () {
        const { ada } = yield* World
        assert.deepStrictEqual(Object.keys(ways).toSorted(), (yield* idsOf(ada.token)).toSorted())
      })
    )

    it.effect("change nothing in what is seen of the other", () =>
      Effect.gen(function* () {
        const { ada, before } = yield* World
        assert.deepStrictEqual(yield* views(ada.token), before)
      })
    )

    it.effect.each(Object.keys(ways))(
      "keep what exists and what does not alike for %s",
      (operation) =>
        Effect.gen(function* () {
          const { ada, both, none, tar, theirs } = yield* World
          const [askedOfTheirs = [], askedOfNone = []] = [theirs, none].map((at) =>
            ways[operation]?.(at, ada.workspace, tar)
          )
          for (const [index, asked] of askedOfTheirs.entries()) {
            const other = askedOfNone[index] ?? asked
            const name = JSON.stringify(asked)
            const given = yield* answers(ada.token, asked, other)
            assert.deepStrictEqual(given.theirs, given.none, name)
            const told = yield* answers(both.token, asked, other)
            assert.notDeepEqual(told.theirs, told.none, `who sees both can't tell either: ${name}`)
          }
        }),
      60_000
    )

    it.effect("change nothing in what is seen after all that was asked", () =>
      Effect.gen(function* () {
        const { ada, before } = yield* World
        assert.deepStrictEqual(yield* views(ada.token), before)
      })
    )

    it.effect("have idempotency keys of their own", () =>
      Effect.gen(function* () {
        const { ada, cy, mine, theirs } = yield* World
        const headers = { "idempotency-key": "the-same", prefer: "wait=30" }
        const create = (buildId: string) => ({ path: "/api/deploys", json: { buildId }, headers })
        assert.strictEqual((yield* ask(cy.token, create(theirs.build))).status, 201)
        const answer = yield* ask(ada.token, create(mine.build))
        assert.strictEqual(answer.status, 201, answer.text)
        assert.strictEqual(headerOf(answer, "idempotency-replayed"), "")
        const { createdBy, workspaceId } = JSON.parse(answer.text)
        assert.deepStrictEqual([createdBy, workspaceId], [ada.subject, ada.workspace])
      })
    )

    it.effect("share the names of apps, and nothing beside that they are taken", () =>
      Effect.gen(function* () {
        const { ada, theirs } = yield* World
        const json = { workspaceId: ada.workspace, name: theirs.appName }
        const { status, text } = yield* ask(ada.token, { path: "/api/apps", json })
        assert.strictEqual(status, 409)
        assert.deepStrictEqual(JSON.parse(text), {
          type: "urn:problem-type:deploys:name-taken",
          title: "Name Taken",
          status: 409,
          detail: `The name ${theirs.appName} is taken`
        })
      })
    )
  })
})
