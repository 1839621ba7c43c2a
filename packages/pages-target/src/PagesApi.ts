import type { ArtifactError } from "@deploys/core"
import type { Redacted } from "effect"
import { Context, Duration, Effect, Fiber, Layer, Option, Ref, Schema, Stream } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import { callPages } from "./internal/pagesCall.ts"
import { retrying } from "./internal/retrying.ts"
import { uploadBody, uploadLength, type UploadAsset } from "./internal/uploadBody.ts"
import { makeUploadTokens, type UploadGrant } from "./internal/uploadTokens.ts"
import { PagesConfig } from "./PagesConfig.ts"
import { PagesError } from "./PagesError.ts"
import { Deployment, DeploymentLogs, Project, UploadToken } from "./PagesSchemas.ts"

/** What a deployment is to serve, beside the assets that are uploaded. */
export interface NewDeployment {
  readonly project: string
  /** The fields of the form, in the order in which they are sent. */
  readonly form: FormData
}

/**
 * The calls of the Direct Upload API for one account.
 *
 * Calls that may be repeated are tried again by themselves; `createDeployment` and `rollback` are sent once, since nobody
 * knows what a call without an answer has done.
 */
export class PagesApi extends Context.Service<
  PagesApi,
  {
    /** The project, or none. */
    readonly project: (name: string) => Effect.Effect<Option.Option<Project>, PagesError>
    /** Makes a project, or answers with the one that has the name. */
    readonly createProject: (name: string, productionBranch: string) => Effect.Effect<Project, PagesError>
    /** Files that a deployment of the project may have at most. Gets the token that the uploads will use. */
    readonly maxFiles: (project: string) => Effect.Effect<number, PagesError>
    /** Those of the hashes whose bytes have to be uploaded. */
    readonly missingAssets: (
      project: string,
      hashes: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<string>, PagesError>
    /**
     * Uploads files in one request, whose body is made as it is sent. An interrupt lets a request in flight finish and drops
     * its result. `read` is told of the bytes of each chunk, from the first again for each attempt.
     */
    readonly uploadAssets: (
      project: string,
      assets: ReadonlyArray<UploadAsset>,
      read: (bytes: number) => Effect.Effect<void>
    ) => Effect.Effect<void, PagesError | ArtifactError>
    /** Says which assets are in use, so that they need not be uploaded the next time. */
    readonly registerAssets: (project: string, hashes: ReadonlyArray<string>) => Effect.Effect<void, PagesError>
    /** Makes a deployment. Sent once. */
    readonly createDeployment: (deployment: NewDeployment) => Effect.Effect<Deployment, PagesError>
    /** The deployment, or none. */
    readonly deployment: (project: string, id: string) => Effect.Effect<Option.Option<Deployment>, PagesError>
    /** Production deployments, the newest first, 25 on a page; pages count from 1. */
    readonly deployments: (project: string, page: number) => Effect.Effect<ReadonlyArray<Deployment>, PagesError>
    /** The last line of a deployment's log, where there is one. */
    readonly lastLogLine: (project: string, id: string) => Effect.Effect<Option.Option<string>, PagesError>
    /** Makes production serve an earlier deployment. Sent once. */
    readonly rollback: (project: string, id: string) => Effect.Effect<void, PagesError>
    /** Removes a deployment; one that is gone is no error. */
    readonly deleteDeployment: (project: string, id: string) => Effect.Effect<void, PagesError>
  }
>()("@deploys/pages-target/PagesApi") {
  /** The API by HTTP. Upload requests that were let finish live as long as the layer. */
  static readonly layer = Layer.effect(
    PagesApi,
    Effect.suspend(() => make)
  )
}

const isPagesError = (error: unknown): error is PagesError => error instanceof PagesError
/** Whatever a call with an upload token is forbidden for, a new token may mend. */
const isForbidden = (error: unknown) => isPagesError(error) && (error.status === 401 || error.status === 403)
/** There is no such deployment, or no such project. */
const isGone = ({ code, status }: PagesError) => code === 8000009 || status === 404
const nothing = Schema.Unknown
const bytesPerMilli = 64

const noneWhere = <A>(call: Effect.Effect<A, PagesError>, isMissing: (error: PagesError) => boolean) =>
  Effect.asSome(call).pipe(Effect.catchIf(isMissing, () => Effect.succeedNone))

const json = (request: HttpClientRequest.HttpClientRequest, body: unknown) =>
  HttpClientRequest.setBody(request, HttpBody.jsonUnsafe(body))

const make = Effect.gen(function* () {
  const settings = yield* PagesConfig
  const client = yield* HttpClient.HttpClient
  const scope = yield* Effect.scope
  const account = `${settings.baseUrl}/accounts/${encodeURIComponent(settings.accountId)}/pages/projects`
  const of = (project: string, path = "") => `${account}/${encodeURIComponent(project)}${path}`
  const assets = (path: string) => HttpClientRequest.post(`${settings.baseUrl}/pages/assets/${path}`)
  const longer = Duration.times(Duration.fromInputUnsafe(settings.callTimeout), 4)
  const retry = retrying(settings)

  const once = <A>(
    call: string,
    request: HttpClientRequest.HttpClientRequest,
    result: Schema.Codec<A, unknown>,
    {
      timeout = settings.callTimeout,
      token = settings.apiToken
    }: { timeout?: Duration.Input; token?: Redacted.Redacted } = {}
  ) => callPages({ call, request, result, timeout, token }).pipe(Effect.provideService(HttpClient.HttpClient, client))

  const again = <A, E>(call: Effect.Effect<A, E | PagesError>) => retry(call, isPagesError)

  const project = Effect.fn("PagesApi.project")((name: string) =>
    noneWhere(
      again(once("project", HttpClientRequest.get(of(name)), Project)),
      ({ code, status }) => code === 8000007 || status === 404
    )
  )

  const createProject = Effect.fn("PagesApi.createProject")(function* (name: string, branch: string) {
    const request = json(HttpClientRequest.post(account), { name, production_branch: branch })
    // Sent again it answers that the name is taken, and then the project says by whom.
    const made = yield* Effect.result(again(once("createProject", request, Project)))
    if (made._tag === "Success") return made.success
    const found = yield* made.failure.code === 8000002 ? project(name) : Effect.succeedNone
    return Option.isSome(found) ? found.value : yield* made.failure
  })

  const tokens = yield* makeUploadTokens((name) =>
    again(once("uploadToken", HttpClientRequest.get(of(name, "/upload-token")), UploadToken)).pipe(
      Effect.map(({ jwt }) => jwt)
    )
  )

  const withToken = <A, E>(name: string, call: (token: Redacted.Redacted) => Effect.Effect<A, E>) =>
    tokens.use(name, call, isForbidden)

  const upload = Effect.fnUntraced(function* (
    token: Redacted.Redacted,
    files: ReadonlyArray<UploadAsset>,
    read: (bytes: number) => Effect.Effect<void>
  ) {
    const fault = yield* Ref.make(Option.none<ArtifactError>())
    const length = uploadLength(files)
    const body = Stream.tapError(uploadBody(files, read), (error) => Ref.set(fault, Option.some(error)))
    const request = HttpClientRequest.setBody(assets("upload"), HttpBody.stream(body, "application/json", length))
    const timeout = Duration.sum(longer, Duration.millis(length / bytesPerMilli))
    const sent = once("uploadAssets", request, nothing, { timeout, token })
    // What cut the request off, where it was the artifact.
    const explained = Effect.catchTag(sent, "PagesError", (error) =>
      Effect.flatMap(Ref.get(fault), (cause) => Effect.fail(Option.getOrElse(cause, () => error)))
    )
    return yield* Effect.flatMap(Effect.forkIn(explained, scope, { startImmediately: true }), Fiber.join)
  })

  const register = (name: string, hashes: ReadonlyArray<string>) =>
    withToken(name, (token) =>
      once("registerAssets", json(assets("upsert-hashes"), { hashes }), nothing, { token, timeout: longer })
    )

  const missing = (name: string, hashes: ReadonlyArray<string>) =>
    withToken(name, (token) =>
      once("missingAssets", json(assets("check-missing"), { hashes }), Schema.Array(Schema.String), {
        token,
        timeout: longer
      })
    )

  return PagesApi.of({
    project,
    createProject,
    maxFiles: Effect.fn("PagesApi.maxFiles")((name) =>
      Effect.map(tokens.get(name), ({ maxFiles }: UploadGrant) => maxFiles)
    ),
    missingAssets: Effect.fn("PagesApi.missingAssets")((name, hashes) => again(missing(name, hashes))),
    uploadAssets: Effect.fn("PagesApi.uploadAssets")((name, files, read) =>
      Effect.asVoid(again(withToken(name, (token) => upload(token, files, read))))
    ),
    registerAssets: Effect.fn("PagesApi.registerAssets")((name, hashes) =>
      Effect.asVoid(again(register(name, hashes)))
    ),
    createDeployment: Effect.fn("PagesApi.createDeployment")(({ form, project }) =>
      once(
        "createDeployment",
        HttpClientRequest.setBody(HttpClientRequest.post(of(project, "/deployments")), HttpBody.formData(form)),
        Deployment,
        { timeout: longer }
      )
    ),
    deployment: Effect.fn("PagesApi.deployment")((name, id) =>
      noneWhere(again(once("deployment", HttpClientRequest.get(of(name, `/deployments/${id}`)), Deployment)), isGone)
    ),
    deployments: Effect.fn("PagesApi.deployments")((name, page) =>
      again(
        once(
          "deployments",
          HttpClientRequest.get(of(name, "/deployments"), { urlParams: { env: "production", page, per_page: 25 } }),
          Schema.Array(Deployment)
        )
      )
    ),
    lastLogLine: Effect.fn("PagesApi.lastLogLine")((name, id) =>
      again(
        once(
          "deploymentLogs",
          HttpClientRequest.get(of(name, `/deployments/${id}/history/logs`), { urlParams: { size: 10_000_000 } }),
          DeploymentLogs
        )
      ).pipe(Effect.map(({ data }) => Option.fromUndefinedOr(data.at(-1)?.line)))
    ),
    rollback: Effect.fn("PagesApi.rollback")((name, id) =>
      Effect.asVoid(once("rollback", HttpClientRequest.post(of(name, `/deployments/${id}/rollback`)), nothing))
    ),
    deleteDeployment: Effect.fn("PagesApi.deleteDeployment")((name, id) =>
      again(
        once(
          "deleteDeployment",
          HttpClientRequest.delete(of(name, `/deployments/${id}`), { urlParams: { force: true } }),
          nothing
        )
      ).pipe(
        Effect.asVoid,
        Effect.catchIf(isGone, () => Effect.void)
      )
    )
  })
})
