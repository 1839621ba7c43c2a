import { makeStep, type Step, StepError, type StepContext } from "@deploys/core"
import { Clock, Duration, Effect, Option, Schema } from "effect"
import { type Deployment, messageOf, type Project, stateOf } from "../PagesSchemas.ts"
import type { Created } from "./createStep.ts"
import { type DeployWork, lookSchedule, noticing } from "./deployWork.ts"
import { readMarker } from "./marker.ts"
import { fromPagesLater } from "./stepErrors.ts"

/** The address under which the deploy is live. */
export const Live = Schema.Struct({ productionUrl: Schema.String })

const final = (message: string) => new StepError({ message, retryable: false })

/** A deployment that was given up says why in the last line of its log. */
const failed = ({ api, project }: DeployWork, { id, latest_stage }: Deployment) =>
  api.lastLogLine(project, id).pipe(
    Effect.catch(() => Effect.succeedNone),
    Effect.flatMap((line) => {
      const stage = latest_stage
        ? `in stage ${latest_stage.name} with ${latest_stage.status}`
        : "before its first stage"
      return Effect.fail(final(`Deployment ${id} ended ${stage}: ${Option.getOrElse(line, () => "its log is empty")}`))
    })
  )

/** A call that was sent twice may have made two deployments, which are the same. */
const isServed = ({ request }: DeployWork, id: string, { canonical_deployment: live }: Project) =>
  live?.id === id ||
  (live && Option.exists(readMarker(messageOf(live)), ({ deployId }) => deployId === request.deploy.id))

/** The project once production serves the deployment; null as long as it doesn't. */
const look = Effect.fnUntraced(function* (work: DeployWork, id: string, { log }: StepContext, seen: { stage: string }) {
  const { api, project } = work
  const deployment = yield* Effect.mapError(api.deployment(project, id), fromPagesLater)
  if (Option.isNone(deployment)) return yield* final(`Deployment ${id} is gone`)
  const { latest_stage: stage } = deployment.value
  const stands = stage ? `Stage ${stage.name}: ${stage.status}` : "Waiting for a stage"
  if (stands !== seen.stage) yield* log(stands)
  seen.stage = stands
  const state = stateOf(deployment.value)
  if (state === "failed") return yield* failed(work, deployment.value)
  if (state === "working") return null
  const found = yield* Effect.mapError(api.project(project), fromPagesLater)
  if (Option.isNone(found)) return yield* final(`The Pages project "${project}" is gone`)
  return isServed(work, id, found.value) ? found.value : null
})

const urlOf = ({ subdomain }: Project, { url }: typeof Created.Type) => `${new URL(url).protocol}//${subdomain}/`

/** Waits until production serves the deployment, which is so when the project says so. */
export const goLiveStep = (work: DeployWork, create: Step<typeof Created.Type>): Step<typeof Live.Type> => {
  const { settings } = work
  const limit = Duration.fromInputUnsafe(settings.liveWithin)
  return makeStep({
    name: "go-live",
    output: Live,
    productionUrl: (output) => output.productionUrl,
    attemptTimeout: Duration.times(limit, 2),
    timeout: Duration.times(limit, 3),
    run: Effect.fnUntraced(
      function* (context) {
        const created = yield* context.outputOf(create)
        const id = created.deploymentId
        const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(limit)
        const live = yield* Effect.repeat(look(work, id, context, { stage: "" }), {
          schedule: lookSchedule(settings),
          until: (found) => Effect.map(Clock.currentTimeMillis, (now) => found !== null || now >= until)
        })
        if (live === null) return yield* final(`Deployment ${id} was not live within ${Duration.format(limit)}`)
        const productionUrl = urlOf(live, created)
        yield* context.log(`Live at ${productionUrl}`)
        return { productionUrl }
      },
      (effect, context) => noticing(context)(effect)
    )
  })
}
