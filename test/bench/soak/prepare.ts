import { Effect, Stream } from "effect"
import { Tar } from "effect/encoding"
import type { Client } from "./client.ts"

const site = async (name: string) => {
  const pages = ["index.html", "about.html", "style.css"].map((file) => Tar.file(file, `${name} ${file}`))
  const tar = Stream.fromIterable(pages).pipe(Stream.pipeThroughChannel(Tar.encode()), Stream.runCollect)
  return Buffer.concat(await Effect.runPromise(tar))
}

/** Apps with a build each; answers with the builds. */
export const prepare = async (client: Client, apps: number): Promise<ReadonlyArray<string>> => {
  const make = async (
    path: string,
    body: string | Uint8Array,
    headers: Record<string, string> = {}
  ): Promise<string> => {
    const { status, text } = await client.ask(path, body, headers)
    if (status !== 201) throw new Error(`${path} is answered ${status} ${text}`)
    return JSON.parse(text).id
  }
  const builds: Array<string> = []
  for (let number = 0; number < apps; number++) {
    const name = `soak-${number}`
    const app = await make("/api/apps", JSON.stringify({ workspaceId: "default", name }))
    builds.push(await make(`/api/apps/${app}/builds`, await site(name), { "content-type": "application/x-tar" }))
  }
  return builds
}
