import type { Entity, EntityId } from "@deploys/core"
import { Effect } from "effect"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"
import { CliFailure } from "./CliFailure.ts"
import { tame } from "./tame.ts"

/** The apps that the token sees. */
export const visibleApps = Effect.gen(function* () {
  const { api, url } = yield* ApiClient
  return (yield* Effect.mapError(api.apps.list(), callFailure(url))).data
})

/** The app that somebody means by this name, or by this id. */
export const appNamed = (apps: ReadonlyArray<Entity>, given: string) => {
  const app = apps.find(({ name }) => name === given) ?? apps.find(({ id }) => id === given)
  return app === undefined
    ? Effect.fail(new CliFailure({ message: `There is no app ${tame(given)} that this token sees` }))
    : Effect.succeed(app)
}

/** What an app is called; its id where the token no longer sees it. */
export const nameOf = (apps: ReadonlyArray<Entity>, id: EntityId): string =>
  tame(apps.find((app) => app.id === id)?.name ?? id)
