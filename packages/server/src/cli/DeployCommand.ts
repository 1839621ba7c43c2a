import { WorkspaceId } from "@deploys/core"
import { Console, Effect, Record } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { AppName } from "../api/AppsApi.ts"
import { ApiClient } from "./ApiClient.ts"
import { callFailure } from "./callFailure.ts"
import { chooseApp } from "./chooseApp.ts"
import { atServer, commandLayer } from "./commandLayer.ts"
import { setExitCode } from "./exitCode.ts"
import { once } from "./once.ts"
import { json } from "./parameters.ts"
import { Screen } from "./Screen.ts"
import * as SiteFolder from "./SiteFolder.ts"
import { uploadSite } from "./uploadSite.ts"
import { cancelDeploy, printOutcome, watchDeploy } from "./watchDeploy.ts"

const options = {
  folder: Argument.String("DIR").pipe(Argument.withDescription("The folder with the site's files")),
  app: Flag.String("app").pipe(
    Flag.withSchema(AppName),
    Flag.withDescription("Name of the app; it is made where it is missing")
  ),
  workspace: Flag.String("workspace").pipe(
    Flag.withSchema(WorkspaceId),
    Flag.withDescription("Id of the workspace to make the app in (default: the one named default)"),
    Flag.optional
  ),
  branch: Flag.String("branch").pipe(Flag.withDescription("The branch that was built"), Flag.optional),
  commit: Flag.String("commit").pipe(Flag.withDescription("The commit that was built"), Flag.optional),
  message: Flag.String("message").pipe(Flag.withDescription("The commit's message"), Flag.optional),
  json: json("Print the deploy as JSON once it is over, and nothing else")
}

type Given = Command.Command.Config.Infer<typeof options>

/** An absent flag is an absent parameter. */
const buildQuery = ({ branch, commit, message }: Given) => Record.getSomes({ branch, commit, message })

const run = Effect.fnUntraced(function* (given: Given) {
  const { print, style } = yield* Screen
  const { api, url } = yield* ApiClient
  const folder = yield* SiteFolder.read(given.folder)
  const { app, made } = yield* chooseApp({ name: given.app, workspace: given.workspace })
  if (made) yield* print(`${style.good("✓")} made the app ${style.strong(app.name)} ${style.faint(app.id)}`)
  const build = yield* uploadSite(folder, app.id, buildQuery(given))
  // Between the server's answer and watching there is no moment at which Ctrl-C could leave a deploy behind unasked.
  const deploy = yield* Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { body: created } = yield* Effect.mapError(
        once((headers) => api.deploys.create({ headers, payload: { buildId: build.id } })),
        callFailure(url)
      )
      yield* print(style.faint(`  deploy ${created.sequenceNumber} of ${app.name}: ${created.id}`))
      return yield* Effect.onInterrupt(restore(watchDeploy(created)), () => cancelDeploy(created))
    })
  )
  yield* printOutcome(deploy)
  if (given.json) yield* Console.log(JSON.stringify(deploy, null, 2))
  if (deploy.status !== "completed") yield* setExitCode(1)
})

/** `deploys deploy DIR --app NAME`: puts a folder live and shows how it goes. */
export const deployCommand = Command.make("deploy", options, (given) =>
  run(given).pipe(
    Effect.provide(commandLayer(given)),
    Effect.onInterrupt(() => setExitCode(1))
  )
).pipe(
  Command.withShortDescription("Upload a folder, deploy it and follow the deploy"),
  Command.withDescription(
    `Upload a folder, deploy it and follow the deploy. Exit code 0 once it is live, 1 when it failed or was cancelled (Ctrl-C). ${atServer}`
  ),
  Command.withExamples([
    { command: "deploys deploy dist --app shop", description: "Put the folder dist live as shop" },
    {
      command: 'deploys deploy dist --app shop --branch main --commit "$(git rev-parse HEAD)" --json',
      description: "In CI: say what was built, and print the deploy as JSON"
    }
  ])
)
