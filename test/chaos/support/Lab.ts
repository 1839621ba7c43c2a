import {
  ArtifactLocator,
  BuildId,
  CatalogRegistry,
  DeployDispatcher,
  DeployEngine,
  type DeployId,
  EntityId,
  LiveEvents,
  queuePolicies,
  type QueuePolicy,
  trustedPrincipal,
  VersionId,
  WorkspaceId
} from "@deploys/core"
import { Postgres, SqlCatalog, SqlRegistry, SqlStore } from "@deploys/sql-store"
import { assert } from "@effect/vitest"
import { Context, type Duration, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { check, report, stories } from "../invariants/check.ts"
import { type Answers, readSnapshot, type Snapshot } from "../invariants/Snapshot.ts"
import type { Manner } from "./ChaosTarget.ts"
import type { NodeConfig } from "./NodeConfig.ts"
import { World } from "./World.ts"

/** An app with one build. */
export interface App {
  readonly entityId: EntityId
  readonly buildId: BuildId
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "deploys-chaos-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const addApp = Effect.fnUntraced(function* (index: number, workspaceId: WorkspaceId) {
  const registry = yield* CatalogRegistry
  const entityId = EntityId.make(`app_${index}`)
  const buildId = BuildId.make(`bld_${index}`)
  const versionId = VersionId.make(`ver_${index}`)
  const unset = { branch: null, commitSha: null, commitMessage: null, error: null }
  yield* registry.addEntity({ id: entityId, workspaceId, kind: "app", name: `app-${index}` })
  yield* registry.ensureVersion({ id: versionId, entityId, name: "main" })
  yield* registry.addBuild({
    id: buildId,
    versionId,
    status: "completed",
    artifact: ArtifactLocator.make("art"),
    ...unset
  })
  return { entityId, buildId } satisfies App
})

const workspacesOf = Effect.fnUntraced(function* (count: number) {
  const registry = yield* CatalogRegistry
  const ids = Array.from({ length: count }, (_, index) => WorkspaceId.make(`ws_${index}`))
  for (const id of ids) yield* registry.addWorkspace({ id, name: id })
  return ids
})

/** An engine that runs nothing itself. */
const idleEngine = DeployEngine.layer.pipe(
  Layer.provide([LiveEvents.layer, Layer.succeed(DeployDispatcher, { wake: () => Effect.void })])
)

const policies: ReadonlyArray<QueuePolicy> = ["queue", "latest", "replace"]

const policyOf = ({ id }: { readonly id: EntityId }) => policies[Number(id.slice(4)) % 3] ?? "queue"

const services = (url: string, mixed: boolean) =>
  idleEngine.pipe(
    Layer.provide(queuePolicies(mixed ? policyOf : "queue")),
    Layer.provideMerge(Layer.mergeAll(SqlStore.layerPostgres, SqlCatalog.layer, SqlRegistry.layer)),
    Layer.provideMerge(Postgres.layer({ url: Redacted.make(url), applicationName: "lab" })),
    Layer.fresh
  )

/** Who acts in the lab. */
export const me = trustedPrincipal("lab")

/** How many apps there are, in how many workspaces, and whether every third has the policy `latest`, every third `replace`. */
export interface LabOptions {
  readonly apps: number
  readonly workspaces?: number
  readonly mixed?: boolean
}

/** An engine over a database, which runs nothing itself; apps that it knows; and a world for the nodes to change. */
export const makeLab = Effect.fnUntraced(function* (url: string, { apps, mixed = false, workspaces = 2 }: LabOptions) {
  const context = yield* Layer.build(services(url, mixed))
  const world = yield* folder
  const catalog = yield* Effect.provide(
    Effect.flatMap(workspacesOf(workspaces), (ids) =>
      Effect.forEach(Array.from({ length: apps }), (_, index) =>
        addApp(index, ids[index % ids.length] ?? WorkspaceId.make("ws_0"))
      )
    ),
    context
  )
  return new Lab(url, world, catalog, context)
})

type Services = Layer.Success<ReturnType<typeof services>>

/** What the tests stand on. */
export class Lab {
  readonly engine: DeployEngine["Service"]
  readonly sql: SqlClient.SqlClient
  readonly world: World
  readonly apps: ReadonlyArray<App>
  readonly #url: string
  readonly #folder: string
  readonly #context: Context.Context<Services>
  readonly #creates: Array<Answers["creates"][number]> = []
  readonly #cancels: Array<Answers["cancels"][number]> = []

  constructor(url: string, folder: string, apps: ReadonlyArray<App>, context: Context.Context<Services>) {
    this.#url = url
    this.#folder = folder
    this.#context = context
    this.apps = apps
    this.world = new World(folder)
    this.engine = Context.get(context, DeployEngine)
    this.sql = Context.get(context, SqlClient.SqlClient)
  }

  /** What a node of this lab is told. By default it has a lease of a second. */
  config(name: string, settings: Partial<NodeConfig> = {}): NodeConfig {
    const defaults = { lease: 1000, pollEvery: 250, maxRunning: 16, maxConnections: 5 }
    return { url: this.#url, world: this.#folder, ...defaults, ...settings, name }
  }

  /** Creates a deploy of the n-th app, and keeps what was answered. */
  create(nth: number, chaos: Manner = {}, key: string | null = null, engine = this.engine) {
    const buildId = this.apps[nth]?.buildId ?? assert.fail(`there is no app ${nth}`)
    const options = key === null ? {} : { idempotencyKey: key }
    return Effect.map(engine.create(me, { buildId, metadata: { chaos } }, options), ({ id }) => {
      this.#creates.push({ key, deployId: id })
      return id
    })
  }

  rollback(id: DeployId, key: string) {
    return Effect.tap(this.engine.rollback(me, id, { idempotencyKey: key }), ({ id: deployId }) =>
      Effect.sync(() => this.#creates.push({ key, deployId }))
    )
  }

  cancel(deployId: DeployId, engine = this.engine) {
    return Effect.tap(engine.cancel(me, deployId), ({ at, by }) =>
      Effect.sync(() => this.#cancels.push({ deployId, at, by }))
    )
  }

  /** What a query of the lab's own answers with. */
  query<A extends object>(text: string): Effect.Effect<ReadonlyArray<A>> {
    return Effect.orDie(this.sql.unsafe<A>(text))
  }

  /** From now on, `chaos.writes` tells which connection wrote which deploy's rows, and when. */
  get audited() {
    const tables = { deploys: "id", deploy_steps: "deploy_id", deploy_events: "deploy_id" }
    return Effect.forEach(
      [
        "CREATE SCHEMA chaos",
        `CREATE TABLE chaos.writes (deploy_id text, node text, what text, at timestamptz DEFAULT clock_timestamp())`,
        ...Object.entries(tables).flatMap(([table, id]) => [
          `CREATE FUNCTION chaos.write_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO chaos.writes (deploy_id, node, what)
            VALUES (NEW.${id}, current_setting('application_name'), TG_OP || ' ${table}');
            RETURN NULL;
          END $$`,
          `CREATE TRIGGER chaos_writes AFTER INSERT OR UPDATE ON deploys.${table}
            FOR EACH ROW EXECUTE FUNCTION chaos.write_${table}()`
        ])
      ],
      (statement) => this.query(statement),
      { discard: true }
    )
  }

  /** Waits until a query answers with so many rows. */
  until(count: number, text: string) {
    return this.query(text).pipe(
      Effect.delay("20 millis"),
      Effect.repeat({ until: ({ length }) => length >= count }),
      Effect.timeoutOrElse({
        duration: "1 minute",
        orElse: () => Effect.die(new Error(`never ${count} rows: ${text}`))
      }),
      Effect.asVoid
    )
  }

  /** Waits until no deploy is pending, running or settling. */
  quiet(limit: Duration.Input) {
    const open = this.query<{ id: string; status: string; owner: string | null }>(`
      SELECT id, status, owner FROM deploys.deploys d
      WHERE status IN ('pending', 'running') OR settling`)
    return open.pipe(
      Effect.delay("100 millis"),
      Effect.repeat({ until: (rows) => rows.length === 0 }),
      Effect.timeoutOrElse({
        duration: limit,
        orElse: () =>
          Effect.flatMap(open, (rows) => Effect.die(new Error(`still open: ${JSON.stringify(rows.slice(0, 9))}`)))
      }),
      Effect.asVoid
    )
  }

  /** Fails with every breach of an invariant; answers with how many deploys and events were looked at. */
  get verify() {
    const answers = { creates: this.#creates, cancels: this.#cancels }
    return Effect.map(Effect.provide(readSnapshot(answers, this.world.served), this.#context), (snapshot) => {
      const breaches = check(snapshot)
      if (breaches.length > 0) assert.fail(report(snapshot, breaches))
      const events = snapshot.deploys.reduce((sum, kept) => sum + kept.events.length, 0)
      return { snapshot, deploys: snapshot.deploys.length, events, strays: snapshot.served?.strays.size ?? 0 }
    })
  }

  /** Fails where a deploy ended in another way than these: completed, or with a failure code. */
  endedAs({ deploys }: Snapshot, ...ways: ReadonlyArray<string>): void {
    const others = deploys.filter(({ deploy }) => !ways.includes(deploy.failureCode ?? deploy.status))
    if (others.length > 0) assert.fail(stories(others))
  }
}
