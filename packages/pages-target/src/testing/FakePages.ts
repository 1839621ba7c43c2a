import { NodeHttpServer, NodeHttpServerRequest } from "@effect/platform-node"
import { Clock, Context, Effect, Fiber, Layer, Redacted } from "effect"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { NetAddress } from "effect/net"
import { createServer } from "node:http"
import { PagesConfig, type PagesOptions } from "../PagesConfig.ts"
import { type FakeOptions, type FakeProject, makeFakeAccount } from "./fakeAccount.ts"
import { denial, type FakeReply, makeFakeApi, newProjectName } from "./fakeApi.ts"
import type { FakeCallName, FakeFault, FaultOptions } from "./FakeFault.ts"
import { deploymentFor, serveSite } from "./fakeSite.ts"

/** A call that has come in, in the order of coming in. */
export interface FakeCall {
  readonly call: FakeCallName
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Bytes of the body. */
  readonly size: number
  /** What was in it, without the bytes of assets; undefined where it was not carried out. */
  readonly detail: unknown
  /** The status of its answer; null as long as there is none, or where the socket was cut. */
  readonly status: number | null
}

interface Route {
  readonly call: FakeCallName
  readonly method: string
  readonly pattern: RegExp
}

const project = "/accounts/(?<account>[^/]+)/pages/projects/(?<project>[^/]+)"
const deployment = `${project}/deployments/(?<id>[^/]+)`
const route = (call: FakeCallName, method: string, pattern: string): Route => ({
  call,
  method,
  pattern: new RegExp(`^/client/v4${pattern}$`)
})

const routes: ReadonlyArray<Route> = [
  route("createProject", "POST", "/accounts/(?<account>[^/]+)/pages/projects"),
  route("project", "GET", project),
  route("uploadToken", "GET", `${project}/upload-token`),
  route("missingAssets", "POST", "/pages/assets/check-missing"),
  route("uploadAssets", "POST", "/pages/assets/upload"),
  route("registerAssets", "POST", "/pages/assets/upsert-hashes"),
  route("createDeployment", "POST", `${project}/deployments`),
  route("deployments", "GET", `${project}/deployments`),
  route("deployment", "GET", deployment),
  route("deploymentLogs", "GET", `${deployment}/history/logs`),
  route("rollback", "POST", `${deployment}/rollback`),
  route("deleteDeployment", "DELETE", deployment)
]

interface Planned {
  readonly call: FakeCallName
  readonly project: string | undefined
  readonly fault: FakeFault
  skip: number
  times: number
}

/**
 * Cloudflare Pages for tests: the calls of the Direct Upload API on a real socket, and the sites that were deployed, as
 * `http://{short id}.{project}.localhost:{port}` and, for production, `http://{project}.localhost:{port}`.
 *
 * Cloudflare's own client deploys to it as to the real one. Of rollback, deletion and what production follows there is only
 * documentation to go by; where that can be read in two ways, `FakeOptions` has both.
 */
export class FakePages extends Context.Service<
  FakePages,
  {
    /** For `CLOUDFLARE_API_BASE_URL`. */
    readonly apiUrl: string
    readonly port: number
    readonly accountId: string
    readonly apiToken: Redacted.Redacted
    /** Calls so far. */
    readonly calls: Effect.Effect<ReadonlyArray<FakeCall>>
    /** Lets the next call of this name, or a later one, go wrong. */
    readonly inject: (call: FakeCallName, fault: FakeFault, options?: FaultOptions) => Effect.Effect<void>
    /** Takes back the faults that have not happened yet. */
    readonly clearFaults: Effect.Effect<void>
    /** Makes a project. */
    readonly addProject: (name: string, productionBranch?: string) => Effect.Effect<void>
    /** The project, or undefined. */
    readonly project: (name: string) => Effect.Effect<FakeProject | undefined>
  }
>()("@deploys/pages-target/FakePages") {
  /** On the given `HttpServer`, which serves nothing else. */
  static readonly layerServer = (options: FakeOptions = {}) => Layer.effect(FakePages, make(options))

  /** On a free port of loopback. Calls that are still waiting when it closes are cut off. */
  static readonly layer = (options: FakeOptions = {}) =>
    Layer.unwrap(
      Effect.sync(() => {
        const node = createServer()
        const cut = Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
        const listen = { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: "100 millis" } as const
        return Layer.merge(FakePages.layerServer(options), Layer.effectDiscard(cut)).pipe(
          Layer.provide(NodeHttpServer.layer(() => node, listen)),
          Layer.orDie
        )
      })
    )

  /** Settings of the target that lead to the fake. */
  static readonly config = (options: Partial<PagesOptions> = {}): Layer.Layer<PagesConfig, never, FakePages> =>
    Layer.unwrap(
      Effect.map(FakePages, ({ accountId, apiToken, apiUrl }) =>
        PagesConfig.layer({ accountId, apiToken, baseUrl: apiUrl, ...options })
      )
    )
}

const accountId = "00000000000000000000000000000001"
const apiToken = "fake-api-token"

const cut = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.suspend(() => {
    NodeHttpServerRequest.toIncomingMessage(request).socket.destroy()
    return Effect.succeed(HttpServerResponse.empty())
  })

const send = ({ body, status }: FakeReply, headers: Record<string, string> = {}) =>
  typeof body === "string"
    ? HttpServerResponse.text(body, { status, headers })
    : HttpServerResponse.jsonUnsafe(body, { status, headers })

/** What is answered, or not answered, instead of carrying a call out. */
const insteadOf = (fault: FakeFault | undefined): FakeReply | null | undefined => {
  if (fault?._tag === "Reset") return null
  if (fault?._tag === "Refused") return denial(fault.status, fault.code, fault.message)
  if (fault?._tag === "ExpiredToken") return { status: 403, body: "Expired JWT" }
  return fault?._tag === "Gateway"
    ? { status: fault.status, body: `<html><title>${fault.status}</title><h1>Bad gateway</h1></html>` }
    : undefined
}

type Writable<A> = { -readonly [K in keyof A]: A[K] }

/** A call that has come in whole. */
interface Incoming {
  readonly route: Route
  readonly url: URL
  readonly headers: FakeCall["headers"]
  readonly token: string
  readonly body: Uint8Array<ArrayBuffer>
  readonly fault: FakeFault | undefined
}

const authentication = denial(401, 10000, "Authentication error")

const make = Effect.fnUntraced(function* (options: FakeOptions) {
  const server = yield* HttpServer.HttpServer
  const scope = yield* Effect.scope
  const { address } = server
  if (NetAddress.isUnixPathAddress(address))
    return yield* Effect.die(new Error("Sites are told apart by host name and need a port, not a Unix socket"))
  const { port } = address
  const account = makeFakeAccount(options)
  const api = makeFakeApi(account, { port, accountId })
  const calls: Array<FakeCall> = []
  const planned: Array<Planned> = []

  const faultFor = (call: FakeCallName, of: string | undefined) => {
    const isFor = (one: Planned) => one.call === call && (one.project ?? of) === of
    const plan = planned.find((one) => isFor(one) && one.times > 0)
    if (plan === undefined) return undefined
    if (plan.skip > 0) {
      plan.skip -= 1
      return undefined
    }
    plan.times -= 1
    return plan.fault
  }

  const isAllowed = (call: FakeCallName, token: string, now: number) =>
    call === "missingAssets" || call === "uploadAssets" || call === "registerAssets"
      ? account.isTokenGood(token, now)
      : token === apiToken

  const carryOut = Effect.fnUntraced(function* ({ body, fault, headers, route, token, url }: Incoming) {
    const now = yield* Clock.currentTimeMillis
    if (!isAllowed(route.call, token, now))
      return token.split(".").length === 3 ? { status: 403, body: "Expired JWT" } : authentication
    const params = route.pattern.exec(url.pathname)?.groups ?? {}
    if (params["account"] !== undefined && params["account"] !== accountId) return authentication
    const failure = fault?._tag === "FailedStage" ? fault.line : null
    return yield* api[route.call]({ params, query: url.searchParams, headers, token, body }, failure)
  })

  /** The answer to a call, or null where the socket is to be cut instead. */
  const answer = Effect.fnUntraced(function* (incoming: Incoming, note: (detail: unknown) => void) {
    const { fault, token } = incoming
    if (options.latency !== undefined) yield* Effect.sleep(options.latency)
    if (fault?._tag === "ExpiredToken") account.revoke(token)
    const instead = insteadOf(fault)
    if (instead !== undefined) return instead
    if (fault?._tag === "Slow") yield* Effect.sleep(fault.duration)
    if (fault?._tag === "Before") yield* fault.gate
    const given: FakeReply = yield* carryOut(incoming)
    note(given.detail)
    if (fault?._tag === "Lost") return null
    if (fault?._tag === "Denied") return denial(fault.status, fault.code, fault.message)
    if (fault?._tag === "After") yield* fault.gate
    return given
  })

  const respond = Effect.fnUntraced(function* (route: Route, url: URL, request: HttpServerRequest.HttpServerRequest) {
    const { headers, method } = request
    const size = Number(headers["content-length"] ?? 0)
    const path = url.pathname + url.search
    const entry: Writable<FakeCall> = { call: route.call, method, path, headers, size, detail: undefined, status: null }
    calls.push(entry)
    const token = (headers["authorization"] ?? "").replace(/^Bearer /, "")
    const body = new Uint8Array(yield* Effect.orDie(request.arrayBuffer))
    const asked = route.call === "createProject" ? newProjectName(body) : account.projectOf(token)
    const fault = faultFor(route.call, route.pattern.exec(url.pathname)?.groups?.["project"] ?? asked)
    const work = answer({ route, url, headers, token, body, fault }, (detail) => void (entry.detail = detail))
    // What has come in whole is carried out, also for a client that has gone.
    const reply = yield* Effect.flatMap(Effect.forkIn(work, scope), Fiber.join)
    if (reply === null) return yield* cut(request)
    entry.status = reply.status
    const wait = fault?._tag === "Refused" ? fault.retryAfter : undefined
    return send(reply, wait === undefined ? {} : { "retry-after": String(wait) })
  })

  const handle = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const host = request.headers["host"] ?? ""
    const url = new URL(request.url, `http://${host || "localhost"}`)
    if (url.hostname.endsWith(".localhost")) {
      const found = yield* deploymentFor(account, host)
      return found === undefined
        ? HttpServerResponse.text("No deployment is served at this address", { status: 404 })
        : yield* serveSite(account, found, url)
    }
    const route = routes.find(({ method, pattern }) => method === request.method && pattern.test(url.pathname))
    if (route !== undefined) return yield* respond(route, url, request)
    return whoami(url.pathname) ?? send(denial(404, 7003, "Could not route to the path."))
  })

  yield* server.serve(Effect.flatMap(HttpServerRequest.HttpServerRequest, handle))

  return FakePages.of({
    apiUrl: `http://127.0.0.1:${port}/client/v4`,
    port,
    accountId,
    apiToken: Redacted.make(apiToken),
    calls: Effect.sync(() => calls.map((call) => ({ ...call }))),
    inject: (call, fault, { project, skip = 0, times = 1 } = {}) =>
      Effect.sync(() => void planned.push({ call, fault, project, skip, times })),
    clearFaults: Effect.sync(() => void planned.splice(0)),
    addProject: (name, branch = "main") => Effect.sync(() => void account.createProject(name, branch)),
    project: (name) => account.rowOf(name)
  })
})

/** What Cloudflare's own client asks when it wants to explain an error. */
const whoami = (path: string) => {
  const result: Readonly<Record<string, unknown>> = {
    "/client/v4/user/tokens/verify": { id: "1", status: "active" },
    "/client/v4/user": { id: "1", email: "fake@example.com" },
    "/client/v4/accounts": [{ id: accountId, name: "fake" }]
  }
  return path in result
    ? send({ status: 200, body: { success: true, errors: [], messages: [], result: result[path] } })
    : undefined
}
