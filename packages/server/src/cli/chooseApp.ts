import type { Entity, WorkspaceId } from "@deploys/core"
import { Effect, Option } from "effect"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"
import { CliFailure } from "./CliFailure.ts"
import { tame } from "./tame.ts"

/** Which app is deployed. */
export interface AppChoice {
  readonly name: string
  /** Needed where there are several workspaces, none of them `default`, and the app is to be made. */
  readonly workspace: Option.Option<WorkspaceId>
}

const fail = (message: string) => Effect.fail(new CliFailure({ message }))

/** The workspace to take where none is given: the one named `default`, or the only one. `what` says what it is for. */
export const workspaceFor = Effect.fnUntraced(function* (what: string) {
  const { api, url } = yield* ApiClient
  const { data } = yield* Effect.mapError(api.workspaces.list(), callFailure(url))
  const named = data.find(({ name }) => name === "default") ?? (data.length === 1 ? data[0] : undefined)
  if (named !== undefined) return named.id
  const ids = data.map(({ id, name }) => `${id} (${tame(name)})`).join(", ")
  return yield* fail(
    data.length === 0
      ? `This token sees no workspace that ${what}`
      : `There are several workspaces: choose one with --workspace: ${ids}`
  )
})

const makeApp = Effect.fnUntraced(function* (choice: AppChoice) {
  const { api } = yield* ApiClient
  const given = Effect.fromOption(choice.workspace)
  const workspaceId = yield* Effect.catch(given, () => workspaceFor("the app could be made in"))
  return { app: yield* api.apps.create({ payload: { name: choice.name, workspaceId } }), made: true }
})

const inAnother = ({ id, name, workspaceId }: Entity) =>
  fail(`The app ${name} (${id}) is in the workspace ${workspaceId}, not in the one of --workspace`)

/** The app with this name, if there is one that the token sees. */
const findApp = Effect.fnUntraced(function* (choice: AppChoice) {
  const { api } = yield* ApiClient
  const { data } = yield* api.apps.list()
  const app = data.find(({ name }) => name === choice.name)
  if (app === undefined) return Option.none()
  return Option.contains(choice.workspace, app.workspaceId) || Option.isNone(choice.workspace)
    ? Option.some({ app, made: false })
    : yield* inAnother(app)
})

/** The app with this name, made where it is missing. */
export const chooseApp = Effect.fn("deploys.chooseApp")(
  function* (choice: AppChoice) {
    const found = yield* findApp(choice)
    if (Option.isSome(found)) return found.value
    return yield* Effect.catchTag(
      makeApp(choice),
      "NameTaken",
      // Another command may have made it since; else it is of a workspace that the token does not see.
      Effect.fnUntraced(function* (taken) {
        const other = yield* findApp(choice)
        return Option.isSome(other) ? other.value : yield* taken
      })
    )
  },
  (effect) => Effect.flatMap(ApiClient, ({ url }) => Effect.mapError(effect, callFailure(url)))
)
