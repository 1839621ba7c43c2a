import { type DeployId, makeStep, type Step } from "@deploys/core"
import { Context, Effect, Option, Schema } from "effect"
import { Publication } from "../Publication.ts"
import * as SiteHost from "../SiteHost.ts"
import { SiteServer } from "../SiteServer.ts"
import { type DeployWork, liveDeploy } from "./deployWork.ts"
import type { Prepared } from "./prepareStep.ts"
import { fromPlatform } from "./stepErrors.ts"

/** The address under which the deploy is live. */
export const Switched = Schema.Struct({ productionUrl: Schema.String })

/**
 * Makes production serve the deploy.
 *
 * It is one rename, which nobody can call back once the system has it, and which is over in no time: an interrupt waits for
 * it, and undoing then goes by what is live. So nothing is ever in flight behind the back of a later step.
 */
export const switchStep = (work: DeployWork, prepare: Step<typeof Prepared.Type>): Step<typeof Switched.Type> => {
  const { request, services, site } = work
  const publication = Context.get(services, Publication)
  const entityId = request.entity.id

  const putBack = Effect.fnUntraced(function* (previous: DeployId | null) {
    if (previous !== null) return yield* publication.activate(site, { deployId: previous, entityId, previous: null })
    yield* publication.deactivate(site)
  })

  return makeStep({
    name: "switch",
    output: Switched,
    productionUrl: (output) => output.productionUrl,
    cancellation: "interrupt",
    run: Effect.fnUntraced(function* ({ deploy, log, outputOf }) {
      const { previous } = yield* outputOf(prepare)
      const live = yield* liveDeploy(work)
      if (live?.deployId !== deploy.id) {
        yield* Effect.mapError(publication.activate(site, { deployId: deploy.id, entityId, previous }), fromPlatform)
      }
      const productionUrl = SiteHost.url({ name: site, deployId: null }, Context.get(services, SiteServer).port)
      yield* log(`Live at ${productionUrl}`)
      return { productionUrl }
    }),
    compensation: Effect.fnUntraced(function* ({ deploy, log, output, outputOf }) {
      const { previous } = yield* outputOf(prepare)
      const live = yield* Effect.mapError(publication.live(site), fromPlatform)
      const isLive = live?.deployId === deploy.id
      if (isLive) {
        yield* Effect.mapError(putBack(previous), fromPlatform)
        yield* log(previous === null ? "Took the site down: nothing was live before" : `Put ${previous} back`)
      }
      const wasLive = isLive || Option.isSome(output)
      return wasLive && previous !== null ? "reverted" : "discarded"
    })
  })
}
