import { Effect, Option, Schema } from "effect"
import type { FakeAccount, FakeDeployment, FakeRow } from "./fakeAccount.ts"
import type { FakeCallName } from "./FakeFault.ts"

/** A call of the API as it came in. */
export interface FakeRequest {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly token: string
  readonly body: Uint8Array<ArrayBuffer>
}

/** What the fake answers, and what of the call is worth keeping. */
export interface FakeReply {
  readonly status: number
  readonly body: unknown
  /** What was in the call, without the bytes of files. */
  readonly detail?: unknown
}

/** Where sites are served, for the addresses that the API tells. */
export interface FakePlaces {
  readonly port: number
  readonly accountId: string
}

const ok = (result: unknown, detail?: unknown): FakeReply => ({
  status: 200,
  body: { success: true, errors: [], messages: [], result },
  detail
})

/** An answer that says no, in Cloudflare's words. */
export const denial = (status: number, code: number, message: string): FakeReply => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null }
})

const noProject = denial(
  404,
  8000007,
  "Project not found. The specified project name does not match any of your existing projects."
)
// Not documented. Others have measured it: https://github.com/andykenward/github-actions-cloudflare-pages has the words.
const noDeployment = denial(
  404,
  8000009,
  "The deployment ID you have specified does not exist. Update the deployment ID and try again."
)
// Not documented. Others report the code for the production deployment that is live; whether an older one that is only the
// newest of its branch has it too, nobody says.
const kept = denial(400, 8000034, "You cannot delete the active production deployment.")
// Documented is that such a rollback is refused, and not how: the code is the placeholder of Cloudflare's API reference.
const noRollback = denial(400, 1000, "Only successful production deployments can be rolled back to.")

const Hashes = Schema.fromJsonString(Schema.Struct({ hashes: Schema.Array(Schema.String) }))
const Uploads = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      key: Schema.String,
      value: Schema.String,
      metadata: Schema.Struct({ contentType: Schema.String }),
      base64: Schema.Boolean
    })
  )
)
const NewProject = Schema.fromJsonString(
  Schema.Struct({ name: Schema.String, production_branch: Schema.optionalKey(Schema.String) })
)
const decodeNewProject = Schema.decodeUnknownOption(NewProject)

/** The name of the project that a body asks for; undefined where it asks for none. */
export const newProjectName = (body: Uint8Array): string | undefined =>
  Option.getOrUndefined(Option.map(decodeNewProject(textOf(body)), ({ name }) => name))

const Manifest = Schema.fromJsonString(Schema.Record(Schema.String, Schema.String))

const textOf = (body: Uint8Array) => Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8")

const malformed = Effect.succeed(denial(400, 8000001, "Malformed request body."))

const decoded = <A>(
  schema: Schema.Codec<A, string>,
  text: string,
  use: (value: A) => Effect.Effect<FakeReply>
): Effect.Effect<FakeReply> =>
  Effect.matchEffect(Schema.decodeUnknownEffect(schema)(text), { onFailure: () => malformed, onSuccess: use })

/** The short form of a deployment's id, which is in its address. */
export const shortId = ({ id }: FakeDeployment): string => id.slice(0, 8)

const wire = (
  places: FakePlaces,
  project: string,
  productionBranch: string,
  deployment: FakeDeployment,
  ready: boolean
) => {
  const status = !ready ? "active" : deployment.failure === null ? "success" : "failure"
  const time = new Date(deployment.createdAt).toISOString()
  const stage = { name: "deploy", status, started_on: time, ended_on: ready ? time : null }
  const earlier = ["queued", "initialize", "clone_repo", "build"].map((name) => ({ ...stage, name, status: "success" }))
  return {
    id: deployment.id,
    short_id: shortId(deployment),
    project_name: project,
    environment: deployment.environment,
    url: `http://${shortId(deployment)}.${project}.localhost:${places.port}`,
    aliases: null,
    created_on: time,
    modified_on: time,
    is_skipped: false,
    production_branch: productionBranch,
    latest_stage: stage,
    stages: [...earlier, stage],
    deployment_trigger: {
      type: "ad_hoc",
      metadata: {
        branch: deployment.branch,
        commit_hash: deployment.commitHash,
        commit_message: deployment.message,
        commit_dirty: false
      }
    },
    uses_functions: deployment.special.has("_worker.bundle")
  }
}

const formDetail = async (form: FormData) =>
  Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === "string"
        ? { name, value }
        : { name, filename: value.name, type: value.type, bytes: await value.text() }
    )
  )

type Handler = (request: FakeRequest, failure: string | null) => Effect.Effect<FakeReply>

/** What each call does, once it has come through with a good token. */
export const makeFakeApi = (account: FakeAccount, places: FakePlaces): Readonly<Record<FakeCallName, Handler>> => {
  const show = (row: FakeRow, now: number) => (deployment: FakeDeployment) =>
    wire(places, row.name, row.productionBranch, deployment, account.isReady(deployment, now))

  const showProject = (row: FakeRow, now: number) => {
    const live = row.deployments.find(({ id }) => id === row.liveId)
    const latest = row.deployments.at(-1)
    const subdomain = `${row.name}.localhost:${places.port}`
    return {
      id: row.name,
      name: row.name,
      subdomain,
      domains: [subdomain],
      production_branch: row.productionBranch,
      canonical_deployment: live === undefined ? null : show(row, now)(live),
      latest_deployment: latest === undefined ? null : show(row, now)(latest),
      deployment_configs: { production: {}, preview: {} }
    }
  }

  const inProject =
    (use: (row: FakeRow, request: FakeRequest, now: number) => FakeReply): Handler =>
    (request) =>
      Effect.flatMap(account.rowOf(request.params["project"] ?? ""), (row) =>
        row === undefined ? Effect.succeed(noProject) : account.at((now) => use(row, request, now))
      )

  const onDeployment = (use: (row: FakeRow, deployment: FakeDeployment, now: number) => FakeReply) =>
    inProject((row, { params }, now) => {
      const found = row.deployments.find(({ id }) => id === params["id"])
      return found === undefined ? noDeployment : use(row, found, now)
    })

  const createProject: Handler = ({ body }) =>
    decoded(NewProject, textOf(body), ({ name, production_branch = "main" }) =>
      account.at((now) =>
        account.projects.has(name)
          ? denial(409, 8000002, "A project with this name already exists. Choose a different project name.")
          : ok(showProject(account.createProject(name, production_branch), now))
      )
    )

  const uploadAssets: Handler = ({ body }) =>
    decoded(Uploads, textOf(body), (files) =>
      Effect.sync(() => {
        const detail = files.map(({ base64, key, metadata, value }) => {
          account.assets.set(key, { bytes: Buffer.from(value, "base64"), contentType: metadata.contentType })
          return { key, contentType: metadata.contentType, base64, length: value.length }
        })
        return ok(null, detail)
      })
    )

  const create = Effect.fnUntraced(function* (request: FakeRequest, row: FakeRow, failure: string | null) {
    const headers = { "content-type": request.headers["content-type"] ?? "" }
    const form = yield* Effect.promise(() => new Response(request.body, { headers }).formData())
    const text = (name: string) => {
      const value = form.get(name)
      return typeof value === "string" ? value : ""
    }
    const message = text("commit_message")
    // A form makes two bytes of a line break, and what is cut off then may cut a character in half.
    if (Buffer.byteLength(message) > 384) return denial(400, 8000111, "commit_message must be valid UTF-8")
    const branch = text("branch") || row.productionBranch
    const detail = yield* Effect.promise(() => formDetail(form))
    const files = yield* Effect.promise(() =>
      Promise.all(
        [...form].map(async ([name, value]) => [name, typeof value === "string" ? null : await value.bytes()] as const)
      )
    )
    const special = new Map(files.flatMap(([name, bytes]) => (bytes === null ? [] : [[name, bytes] as const])))
    return yield* decoded(Manifest, text("manifest"), (manifest) =>
      account.at((now) => {
        const environment = branch === row.productionBranch ? "production" : "preview"
        const paths = new Map(Object.entries(manifest))
        const made = {
          environment,
          branch,
          message,
          commitHash: text("commit_hash"),
          manifest: paths,
          special,
          failure
        } as const
        return ok(show(row, now)(account.add(row, made, now)), detail)
      })
    )
  })

  const deployments = inProject((row, { query }, now) => {
    const perPage = Number(query.get("per_page") ?? 25)
    if (perPage > 25)
      return denial(400, 8000024, "Invalid list options provided. Review the `page` or `per_page` parameter.")
    const page = Number(query.get("page") ?? 1)
    const environment = query.get("env")
    const all = row.deployments
      .filter((one) => account.isListed(one, now) && (environment === null || one.environment === environment))
      .toReversed()
    return ok(all.slice((page - 1) * perPage, page * perPage).map(show(row, now)))
  })

  return {
    createProject,
    uploadAssets,
    deployments,
    project: inProject((row, _, now) => ok(showProject(row, now))),
    uploadToken: inProject((row, _, now) => ok({ jwt: account.issueToken(row.name, now) })),
    missingAssets: ({ body }) =>
      decoded(Hashes, textOf(body), ({ hashes }) =>
        Effect.sync(() => ok([...new Set(hashes.filter(account.isMissing))], hashes))
      ),
    registerAssets: ({ body }) =>
      decoded(Hashes, textOf(body), ({ hashes }) =>
        Effect.sync(() => {
          account.register(hashes)
          return ok(null, hashes)
        })
      ),
    createDeployment: (request, failure) =>
      Effect.flatMap(account.rowOf(request.params["project"] ?? ""), (row) =>
        row === undefined ? Effect.succeed(noProject) : create(request, row, failure)
      ),
    deployment: onDeployment((row, deployment, now) => ok(show(row, now)(deployment))),
    deploymentLogs: onDeployment((_, { createdAt, failure }) => {
      const data = failure === null ? [] : [{ ts: new Date(createdAt).toISOString(), line: failure }]
      return ok({ total: data.length, includes_container_logs: false, data })
    }),
    rollback: onDeployment((row, deployment, now) => {
      const isGood =
        deployment.environment === "production" && deployment.failure === null && account.isReady(deployment, now)
      return isGood ? ok(show(row, now)(account.rollback(row, deployment, now))) : noRollback
    }),
    deleteDeployment: onDeployment((row, deployment) => {
      if (account.keeps(row, deployment)) return kept
      row.deployments.splice(row.deployments.indexOf(deployment), 1)
      return ok(null)
    })
  }
}
