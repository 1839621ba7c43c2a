import type { ArtifactFile, ArtifactStore, Progress, StepContext, TargetRequest } from "@deploys/core"
import { ByteSize, Duration, Effect, Ref, Schedule } from "effect"
import type { HttpClient } from "effect/http"
import type { HashCache } from "../AssetManifest.ts"
import type { PagesApi } from "../PagesApi.ts"
import type { PagesSettings } from "../PagesConfig.ts"
import { RetryNotice } from "./retrying.ts"
import { type Site, siteOf } from "./siteFiles.ts"
import { fromArtifact } from "./stepErrors.ts"

/**
 * Whether a call to create a deployment has gone out and may have been carried out, as of which start of the step. Kept in
 * memory: what another process knows, nobody knows.
 */
export type Creations = Map<string, { readonly sent: boolean; readonly starts: number }>

/** What the steps of one deploy work with. */
export interface DeployWork {
  readonly request: TargetRequest
  /** The name of the entity's project. */
  readonly project: string
  readonly settings: PagesSettings
  readonly api: PagesApi["Service"]
  readonly artifacts: ArtifactStore["Service"]
  readonly client: HttpClient.HttpClient
  readonly cache: HashCache
  /** What this process knows of its calls to create a deployment, by the deploy's id. */
  readonly creations: Creations
  /** Sites of deploys at work, by the deploy's id. */
  readonly sites: Map<string, Site>
}

/** How many sites are kept at most while they are put live. */
const maxSites = 8

/** The site to be put live. It is listed once for a deploy: its files say by themselves when they are no longer the same. */
export const siteFor = ({ artifacts, request, sites }: DeployWork) =>
  Effect.suspend(() => {
    const kept = sites.get(request.deploy.id)
    if (kept !== undefined) return Effect.succeed(kept)
    return artifacts.files(request.artifact).pipe(
      Effect.flatMap(siteOf),
      Effect.mapError(fromArtifact),
      Effect.tap((site) =>
        Effect.sync(() => {
          sites.set(request.deploy.id, site)
          for (const id of sites.keys()) if (sites.size > maxSites) sites.delete(id)
        })
      )
    )
  })

/** How large these files are together, in words. */
export const describeSize = (files: ReadonlyArray<ArtifactFile>): string =>
  `${files.length} ${files.length === 1 ? "file" : "files"}, ${ByteSize.format(ByteSize.bytes(sizeOf(files)))}`

/** Bytes of all these files. */
export const sizeOf = (files: ReadonlyArray<{ readonly size: number }>): number =>
  files.reduce((sum, { size }) => sum + size, 0)

/** Tells of every percent, and of nothing in between. */
export const counter = (total: number, unit: string, progress: (progress: Progress) => Effect.Effect<void>) =>
  Effect.map(Ref.make(0), (count) =>
    Effect.fnUntraced(function* (amount: number) {
      const [before, done] = yield* Ref.modify(count, (sum) => {
        const next = Math.min(total, sum + amount)
        return [[sum, next] as const, next]
      })
      const percent = (part: number) => Math.floor((part / total) * 100)
      if (percent(done) > percent(before)) yield* progress({ done, total, unit })
    })
  )

/** Writes into the deploy's events that a call is tried again. */
export const noticing =
  ({ log }: Pick<StepContext, "log">) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(effect, RetryNotice, (message) => log(message, "warn"))

/** Waits between looks at something that takes its time: from the settings' first one to ten times that. */
export const lookSchedule = ({ pollEvery }: PagesSettings) =>
  Schedule.min([
    Schedule.exponential(pollEvery, 1.5),
    Schedule.spaced(pollEvery).pipe(Schedule.modifyDelay(({ duration }) => Effect.succeed(tenfold(duration))))
  ])

const tenfold = (duration: Duration.Duration) => Duration.times(duration, 10)

/** When a step's calls have been tried again in vain: the whole step, a few times more. */
export const stepRetry = ({ retryEvery }: PagesSettings) =>
  Schedule.exponential(Duration.times(Duration.fromInputUnsafe(retryEvery), 4)).pipe(
    Schedule.jittered,
    Schedule.upTo({ times: 3 })
  )
