import { Effect, Schema, Stream } from "effect"
import { Base64Url, Tar } from "effect/encoding"
import { rootToken } from "../setup/readyServer.ts"
import { type Answer, ask, headerOf, make } from "./Caller.ts"

/** What a workspace and all that is in it are known by. */
export interface Names {
  readonly workspace: string
  readonly workspaceName: string
  readonly app: string
  readonly appName: string
  readonly build: string
  readonly branch: string
  readonly deploy: string
  readonly step: string
  readonly subject: string
  readonly etag: string
  readonly token: string
  /** A token that reaches into it and into another one. */
  readonly wideToken: string
  /** Cursors of its deploy: of the newest first, and of the oldest first. */
  readonly newest: string
  readonly oldest: string
}

const unknown = "7zzzzzzzzzzzzzzzzzzzzzzzzz"

const Content = Schema.fromJsonString(Schema.Array(Schema.Json))

/** The cursor as it were if its row had another id. */
const ofNobody = Effect.fnUntraced(function* (cursor: string) {
  const values = yield* Schema.decodeEffect(Content)(yield* Effect.fromResult(Base64Url.decodeString(cursor)))
  return Base64Url.encode(JSON.stringify([...values.slice(0, -1), `dep_${unknown}`]))
})

/** Names of the same lengths that nothing has. */
export const nobody = Effect.fnUntraced(function* (names: Names) {
  return {
    workspace: `ws_${unknown}`,
    workspaceName: "nobody",
    app: `app_${unknown}`,
    appName: "nobody-app",
    build: `bld_${unknown}`,
    branch: "nobody-branch",
    deploy: `dep_${unknown}`,
    step: `stp_${unknown}`,
    subject: `no/tok_${unknown}`,
    etag: names.etag.replaceAll(/[0-9A-Za-z]/g, "0"),
    token: `tok_${unknown}`,
    wideToken: `tok_${unknown}`,
    newest: yield* ofNobody(names.newest),
    oldest: yield* ofNobody(names.oldest)
  } satisfies Names
})

/** A tar of one page. */
export const site = Effect.map(
  Stream.runCollect(
    Stream.make(Tar.file("index.html", "<title>A site</title>")).pipe(Stream.pipeThroughChannel(Tar.encode()))
  ),
  (chunks) =>
    new Blob(
      [...chunks].map((chunk) => new Uint8Array(chunk)),
      { type: "application/x-tar" }
    )
)

const all = ["read", "deploy", "cancel", "admin"]

/** A workspace and the token of who rules in it. */
export const addWorkspace = Effect.fnUntraced(function* (workspaceName: string, caller: string) {
  const workspace = yield* make(rootToken, { path: "/api/workspaces", json: { name: workspaceName } })
  return { workspace: workspace.id, ...(yield* issue(caller, [workspace.id])) }
})

/** A token with every right in these workspaces. */
export const issue = Effect.fnUntraced(function* (name: string, workspaceIds: ReadonlyArray<string>) {
  const made = yield* make(rootToken, { path: "/api/tokens", json: { name, workspaceIds, rights: all } })
  return { id: made.id, token: made.token ?? "", subject: made.subject ?? "" }
})

/** An app with a build that was deployed. */
export const addApp = Effect.fnUntraced(function* (token: string, workspaceId: string, name: string) {
  const app = yield* make(token, { path: "/api/apps", json: { workspaceId, name } })
  const path = `/api/apps/${app.id}/builds?branch=${name.replace("app", "branch")}`
  const build = yield* make(token, { path, raw: yield* site })
  const headers = { prefer: "wait=30" }
  const deploy = yield* make(token, { path: "/api/deploys", json: { buildId: build.id }, headers })
  return { app: app.id, build: build.id, deploy: deploy.id }
})

const cursorOf = Effect.fnUntraced(function* (token: string, direction: string, deploy: string) {
  const path = `/api/deploys?ids=${deploy}&orderBy=${encodeURIComponent(`[{"createdAt":"${direction}"}]`)}`
  const { text } = yield* ask(token, { path })
  return String(JSON.parse(text).pageInfo.endCursor)
})

/** All that a workspace is known by, once there is an app in it. */
export const namesOf = Effect.fnUntraced(function* (
  workspaceName: string,
  owner: Effect.Success<ReturnType<typeof addWorkspace>>,
  wideToken: string
) {
  const { subject, token, workspace } = owner
  const appName = `${workspaceName}-app`
  const added = yield* addApp(token, workspace, appName)
  const found: Answer = yield* ask(token, { path: `/api/deploys/${added.deploy}` })
  const spare = yield* issue("spare", [workspace])
  return {
    ...added,
    workspace,
    workspaceName,
    appName,
    branch: `${workspaceName}-branch`,
    step: String(JSON.parse(found.text).steps[0].id),
    subject,
    etag: headerOf(found, "etag"),
    token: spare.id,
    wideToken,
    newest: yield* cursorOf(token, "desc", added.deploy),
    oldest: yield* cursorOf(token, "asc", added.deploy)
  } satisfies Names
})
