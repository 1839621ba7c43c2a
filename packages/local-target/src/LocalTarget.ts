import { type ArtifactStore, DeployTarget, makePlan, TargetRejected, type TargetRequest } from "@deploys/core"
import { Effect, Layer, Option } from "effect"
import type { HttpClient } from "effect/http"
import { prepareStep } from "./internal/prepareStep.ts"
import { stageStep } from "./internal/stageStep.ts"
import { switchStep } from "./internal/switchStep.ts"
import { verifyStep } from "./internal/verifyStep.ts"
import type { Publication } from "./Publication.ts"
import { SiteName } from "./SiteHost.ts"
import type { SiteServer } from "./SiteServer.ts"

/**
 * Publishes to a folder of this machine and serves it: no account needed.
 *
 * The entity's name is the site's host name: lower-case letters, digits and inner hyphens, at most 40 characters, and of one
 * entity alone. The steps are `prepare`, `stage` (the preview is there), `switch` (production moves) and `verify`, which
 * compares up to 1,000 files of a site, spread evenly over it, and its index, as preview and as production.
 *
 * The `HttpClient` must send the `Host` header that it is given: Node's own (`NodeHttpClient`) do, `fetch` doesn't.
 */
export const layer: Layer.Layer<DeployTarget, never, ArtifactStore | HttpClient.HttpClient | Publication | SiteServer> =
  Layer.effect(
    DeployTarget,
    Effect.gen(function* () {
      const services = yield* Effect.context<ArtifactStore | HttpClient.HttpClient | Publication | SiteServer>()
      const plan = Effect.fn("LocalTarget.plan")(function* (request: TargetRequest) {
        const name = request.entity.name
        const site = SiteName.makeOption(name)
        if (Option.isNone(site)) {
          const rule = "lower-case letters, digits and inner hyphens, at most 40 characters"
          return yield* new TargetRejected({ message: `The name "${name}" can't be a host name: ${rule}` })
        }
        const work = { request, services, site: site.value }
        const prepare = prepareStep(work)
        return yield* makePlan([
          prepare,
          stageStep(work, prepare),
          switchStep(work, prepare),
          verifyStep(work, prepare)
        ])
      })
      return DeployTarget.of({ plan })
    })
  )
