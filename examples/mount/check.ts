/** Calls a host over its socket, as each host of this folder is called: what is the host's stays so, and all else works. */
import assert from "node:assert/strict"
import { once } from "node:events"
import { request, type Server } from "node:http"
import { openStreams } from "./engine.ts"

export const originOf = async (server: Server) => {
  if (!server.listening) await once(server, "listening")
  const address = server.address()
  assert(typeof address === "object" && address !== null)
  return `http://127.0.0.1:${address.port}`
}

const until = async (what: string, condition: () => boolean) => {
  for (let tries = 0; !condition(); tries += 1) {
    assert(tries < 1000, `never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const problem = async (response: Response) => {
  assert.equal(response.headers.get("content-type"), "application/problem+json")
  const { status, title } = await response.json()
  assert.equal(status, response.status)
  return `${status} ${title}`
}

/** Opens the events of a deploy, waits for the first of them, and goes away. */
const leave = (url: string, headers: Record<string, string>) =>
  new Promise<void>((resolve, reject) => {
    const sent = request(url, { headers }, (response) => {
      response.once("error", () => resolve())
      response.on("data", (chunk: Buffer) => {
        if (!chunk.includes("deploy.created")) return
        assert.equal(openStreams(), 1)
        sent.destroy()
        resolve()
      })
    })
    sent.on("error", reject).end()
  })

/** `credentials` are the headers of who may do everything; `api` is where the API is, such as `/deploys-api`. */
export const check = async (name: string, origin: string, api: string, credentials: Record<string, string>) => {
  const json = { ...credentials, "content-type": "application/json" }
  const call = (method: string, path: string, body?: unknown) =>
    fetch(`${origin}${api}${path}`, {
      method,
      headers: body === undefined ? credentials : json,
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })

  assert.equal(await (await fetch(origin)).text(), "the app's own page")
  assert.equal((await call("HEAD", "/healthz")).status, 200)
  assert.equal(await problem(await call("GET", "/nothing")), "404 Not Found")
  const put = await call("PUT", "/api/deploys")
  assert.equal(put.headers.get("allow"), "GET, HEAD, POST")
  assert.equal(await problem(put), "405 Method Not Allowed")
  assert.equal(await problem(await fetch(`${origin}${api}/api/deploys`)), "401 Unauthorized")
  const large = { buildId: "shop-7", metadata: { note: "x".repeat(70_000) } }
  assert.equal(await problem(await call("POST", "/api/deploys", large)), "413 Payload Too Large")
  assert.equal(await problem(await call("POST", "/api/deploys", { build: 7 })), "400 Invalid Request")
  assert.match(await (await call("GET", "/docs")).text(), /<title>Deploys<\/title>/)

  const created = await call("POST", "/api/deploys", { buildId: "shop-7" })
  assert.equal(created.status, 201)
  const { id } = await created.json()
  assert.equal(created.headers.get("location"), `${api}/api/deploys/${id}`)
  assert.match(await (await call("GET", `/api/deploys/${id}/events`)).text(), /event: deploy\.completed/)
  assert.equal((await (await call("GET", `/api/deploys/${id}`)).json()).isLive, true)

  const slow = await (await call("POST", "/api/deploys", { buildId: "slow-1" })).json()
  await leave(`${origin}${api}/api/deploys/${slow.id}/events`, credentials)
  await until("the stream of a client that has gone is closed", () => openStreams() === 0)
  assert.deepEqual(await (await call("POST", `/api/deploys/${slow.id}/cancel`)).json(), { success: true })
  console.log(`${name}: ${id} was created, followed and read`)
}
