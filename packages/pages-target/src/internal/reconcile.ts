import { Clock, DateTime, Duration, Effect, Option } from "effect"
import type { PagesError } from "../PagesError.ts"
import { type Deployment, messageOf } from "../PagesSchemas.ts"
import { type DeployWork, lookSchedule } from "./deployWork.ts"
import { readMarker } from "./marker.ts"

const perPage = 25
const maxPages = 20
/** How far Cloudflare's clock may be from the one that the deploy's start was read from. */
const skew = Duration.toMillis("10 minutes")

const madeAt = ({ created_on }: Deployment) =>
  Option.match(DateTime.make(created_on), { onNone: () => Number.POSITIVE_INFINITY, onSome: DateTime.toEpochMillis })

/** Deployments that carry the deploy's mark, the newest first: pages are read until they are older than the deploy. */
const markedDeployments = Effect.fnUntraced(function* ({ api, project, request }: DeployWork) {
  const { createdAt, id, startedAt } = request.deploy
  const since = DateTime.toEpochMillis(DateTime.makeUnsafe(startedAt ?? createdAt)) - skew
  const marked: Array<Deployment> = []
  for (let page = 1; page <= maxPages; page++) {
    const found = yield* api.deployments(project, page)
    marked.push(...found.filter((one) => Option.exists(readMarker(messageOf(one)), ({ deployId }) => deployId === id)))
    const oldest = found.at(-1)
    if (oldest === undefined || found.length < perPage || madeAt(oldest) < since) break
  }
  return marked
})

/**
 * Looks for deployments that the deploy has made, for as long as an unanswered call may still turn up (`once`: at this moment
 * alone). More than one is possible where the call was sent by two processes.
 */
export const findDeployments = (
  work: DeployWork,
  once: boolean
): Effect.Effect<ReadonlyArray<Deployment>, PagesError> =>
  Effect.gen(function* () {
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(work.settings.reconcileFor)
    return yield* markedDeployments(work).pipe(
      Effect.repeat({
        schedule: lookSchedule(work.settings),
        until: (found) => Effect.map(Clock.currentTimeMillis, (now) => once || found.length > 0 || now >= until)
      })
    )
  })
