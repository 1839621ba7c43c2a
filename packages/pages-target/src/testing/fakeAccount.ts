import { Clock, Duration, Effect } from "effect"
import { randomBytes, randomUUID } from "node:crypto"

/** How the fake behaves where Cloudflare's documentation leaves a choice, and how fast it is. */
export interface FakeOptions {
  /** Added to every call. Default: none. */
  readonly latency?: Duration.Input
  /** How long a deployment takes from its creation to its last stage. Default: none. */
  readonly deployTime?: Duration.Input
  /** How long after its last stage production serves it. Default: none. */
  readonly canonicalDelay?: Duration.Input
  /** How long until a deployment is in the list. Default: none. */
  readonly listDelay?: Duration.Input
  /** How long an upload token holds. Default: 10 minutes. */
  readonly tokenLifetime?: Duration.Input
  /** Whether a rollback makes the earlier deployment canonical, or a new one with its files. Default: `same`. */
  readonly rollbackMakes?: "same" | "new"
  /** What can't be deleted: the deployment that is live, or also the newest of its branch. Default: `live`. */
  readonly keeps?: "live" | "latest"
  /** Files that a deployment may have at most. Default: 20,000. */
  readonly maxFiles?: number
}

/** A deployment as the fake keeps it. */
export interface FakeDeployment {
  readonly id: string
  readonly environment: "production" | "preview"
  readonly branch: string
  readonly createdAt: number
  readonly message: string
  readonly commitHash: string
  /** The hash of each file by its path, which begins with a slash. */
  readonly manifest: ReadonlyMap<string, string>
  /** The files of the form. */
  readonly special: ReadonlyMap<string, Uint8Array>
  /** Why its last stage failed; null where it did not. */
  readonly failure: string | null
}

/** A project as the fake keeps it. */
export interface FakeProject {
  readonly name: string
  readonly productionBranch: string
  /** Oldest first. */
  readonly deployments: ReadonlyArray<FakeDeployment>
  readonly liveId: string | null
}

/** Bytes and type of an asset. */
export interface FakeAsset {
  readonly bytes: Uint8Array
  readonly contentType: string
}

/** A project as the fake changes it. */
export interface FakeRow {
  readonly name: string
  readonly productionBranch: string
  readonly deployments: Array<FakeDeployment>
  liveId: string | null
  /** The deployments that production has followed. */
  readonly followed: Set<string>
}

/** The state of the fake: projects, assets and tokens of one account. */
export const makeFakeAccount = (options: FakeOptions) => {
  const millis = (input: Duration.Input = 0) => Duration.toMillis(input)
  const projects = new Map<string, FakeRow>()
  const assets = new Map<string, FakeAsset>()
  const registered = new Set<string>()
  const tokens = new Map<string, { readonly project: string; readonly endsAt: number }>()

  const readyAt = (deployment: FakeDeployment) => deployment.createdAt + millis(options.deployTime)
  const isReady = (deployment: FakeDeployment, now: number) => now >= readyAt(deployment)

  /** Production follows each deployment of its branch once, when that has gone through its last stage. */
  const follow = (row: FakeRow, now: number) => {
    for (const deployment of row.deployments) {
      const due = readyAt(deployment) + millis(options.canonicalDelay)
      if (row.followed.has(deployment.id) || now < due) continue
      row.followed.add(deployment.id)
      if (deployment.environment === "production" && deployment.failure === null) row.liveId = deployment.id
    }
    return row
  }

  const at = <A>(use: (now: number) => A) => Effect.map(Clock.currentTimeMillis, use)
  const rowOf = (name: string) =>
    at((now) => {
      const row = projects.get(name)
      return row === undefined ? undefined : follow(row, now)
    })

  const add = (row: FakeRow, deployment: Omit<FakeDeployment, "id" | "createdAt">, now: number) => {
    const one = { ...deployment, id: randomUUID(), createdAt: now }
    row.deployments.push(one)
    return one
  }

  const rollback = (row: FakeRow, deployment: FakeDeployment, now: number) => {
    const target = options.rollbackMakes === "new" ? add(row, deployment, now - millis(options.deployTime)) : deployment
    row.liveId = target.id
    row.followed.add(target.id)
    return target
  }

  const keeps = (row: FakeRow, { branch, id }: FakeDeployment) =>
    row.liveId === id ||
    (options.keeps === "latest" && row.deployments.findLast((other) => other.branch === branch)?.id === id)

  return {
    projects,
    assets,
    isReady,
    rowOf,
    at,
    add,
    rollback,
    keeps,
    isListed: (deployment: FakeDeployment, now: number) => now >= deployment.createdAt + millis(options.listDelay),
    createProject: (name: string, productionBranch: string) => {
      const row: FakeRow = { name, productionBranch, deployments: [], liveId: null, followed: new Set() }
      projects.set(name, row)
      return row
    },
    issueToken: (project: string, now: number) => {
      const endsAt = now + millis(options.tokenLifetime ?? "10 minutes")
      const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")
      const claims = { exp: endsAt / 1000, max_file_count_allowed: options.maxFiles ?? 20_000 }
      const jwt = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}.${randomBytes(32).toString("base64url")}`
      tokens.set(jwt, { project, endsAt })
      return jwt
    },
    isTokenGood: (jwt: string, now: number) => (tokens.get(jwt)?.endsAt ?? 0) > now,
    projectOf: (jwt: string) => tokens.get(jwt)?.project,
    revoke: (jwt: string) => tokens.delete(jwt),
    isMissing: (hash: string) => !assets.has(hash) || !registered.has(hash),
    register: (hashes: ReadonlyArray<string>) => hashes.forEach((hash) => registered.add(hash))
  }
}

/** The state of the fake. */
export type FakeAccount = ReturnType<typeof makeFakeAccount>
