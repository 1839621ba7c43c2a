import { ArtifactStore, DeployTarget, makePlan, TargetRejected, type TargetRequest } from "@deploys/core"
import { Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import { makeHashCache } from "./AssetManifest.ts"
import { createStep } from "./internal/createStep.ts"
import type { Creations, DeployWork } from "./internal/deployWork.ts"
import { goLiveStep } from "./internal/goLiveStep.ts"
import { hashStep } from "./internal/hashStep.ts"
import { prepareStep } from "./internal/prepareStep.ts"
import type { Site } from "./internal/siteFiles.ts"
import { uploadStep } from "./internal/uploadStep.ts"
import { verifyStep } from "./internal/verifyStep.ts"
import { PagesApi } from "./PagesApi.ts"
import { PagesConfig } from "./PagesConfig.ts"

const projectName = /^[a-z0-9](?:[a-z0-9-]{0,56}[a-z0-9])?$/
const rule = "lower-case letters, digits and inner hyphens, at most 58 characters"

/**
 * Puts deploys live on Cloudflare Pages, by Direct Upload: one Pages project for each entity, every deploy a deployment of
 * its production branch.
 *
 * The steps are `prepare`, `hash`, `upload`, `create` (the deployment is made), `go-live` (production serves it) and
 * `verify`. Once `create` has begun nothing can call the deployment back: what a cancel or a failure leaves of it is rolled
 * back to the deployment that production served before, and removed. A project's very first deployment stays, since
 * Cloudflare has none to go back to and keeps the one that is live: the outcome is then `unresolved`.
 *
 * `_headers`, `_redirects`, `_worker.js` or `_worker.bundle`, and `_routes.json` beside a worker are taken as Cloudflare
 * takes them. `.DS_Store`, `.git`, `node_modules` and `.wrangler` are left out, as Cloudflare's own client leaves them out.
 *
 * The `HttpClient` must send the `Host` header that it is given where a site's address is below `localhost`, as those of the
 * fake are: Node's own (`NodeHttpClient`) do, `fetch` doesn't.
 */
export const layer: Layer.Layer<DeployTarget, never, ArtifactStore | HttpClient.HttpClient | PagesApi | PagesConfig> =
  Layer.effect(
    DeployTarget,
    Effect.gen(function* () {
      const services = {
        settings: yield* PagesConfig,
        api: yield* PagesApi,
        artifacts: yield* ArtifactStore,
        client: yield* HttpClient.HttpClient,
        cache: makeHashCache(),
        creations: new Map() satisfies Creations,
        sites: new Map<string, Site>()
      }
      const plan = Effect.fn("PagesTarget.plan")(function* (request: TargetRequest) {
        const project = services.settings.projectName(request.entity)
        if (!projectName.test(project))
          return yield* new TargetRejected({ message: `"${project}" can't be the name of a Pages project: ${rule}` })
        const work: DeployWork = { ...services, request, project }
        const prepare = prepareStep(work)
        const hash = hashStep(work)
        const upload = uploadStep(work, hash)
        const create = createStep({ work, prepare, hash })
        return yield* makePlan([prepare, hash, upload, create, goLiveStep(work, create), verifyStep(work, create)])
      })
      return DeployTarget.of({ plan })
    })
  )
