import { Effect, Stream } from "effect"
import { Tar } from "effect/encoding"
import type { Rows } from "./mutateRequest.ts"

const site = Effect.runPromise(
  Effect.map(
    Stream.runCollect(
      Stream.make(Tar.file("index.html", "<title>A site</title>")).pipe(Stream.pipeThroughChannel(Tar.encode()))
    ),
    (chunks) => new Blob([...chunks].map((chunk) => new Uint8Array(chunk)))
  )
)

/** An app with a build that was deployed, and a token. */
export const rowsOf = async (url: string, token: string): Promise<Rows> => {
  const post = async (path: string, type: string, body: BodyInit) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": type, prefer: "wait=30", connection: "close" }
    const response = await fetch(`${url}${path}`, { method: "POST", headers, body })
    if (response.status !== 201) throw new Error(`${path} is answered ${await response.text()}`)
    return response.json()
  }
  const json = (path: string, body: unknown) => post(path, "application/json", JSON.stringify(body))
  const workspaceId = "default"
  const app = await json("/api/apps", { workspaceId, name: "fuzzed" })
  const build = await post(`/api/apps/${app.id}/builds`, "application/x-tar", await site)
  const deploy = await json("/api/deploys", { buildId: build.id })
  const issued = await json("/api/tokens", { name: "CI", workspaceIds: [workspaceId], rights: ["read"] })
  return {
    token,
    ids: { deploys: deploy.id, apps: app.id, builds: build.id, tokens: issued.id },
    fields: { buildId: build.id, appId: app.id, workspaceId, workspaceIds: [workspaceId] }
  }
}
