import { makeStep, type Step, StepError } from "@deploys/core"
import { Effect, Option, Schema } from "effect"
import { messageOf, type Project } from "../PagesSchemas.ts"
import { describeSize, type DeployWork, noticing, siteFor, sizeOf, stepRetry } from "./deployWork.ts"
import { readMarker } from "./marker.ts"
import { fromPages } from "./stepErrors.ts"

/** The site's size, the project's production branch, and the deployment that production served before this deploy. */
export const Prepared = Schema.Struct({
  files: Schema.Natural,
  bytes: Schema.Natural,
  branch: Schema.String,
  previous: Schema.NullOr(Schema.String)
})

const rejected = (message: string) => new StepError({ message, code: "target_rejected", retryable: false })

/** The entity's project, made where it is missing and the host allows it. */
const projectFor = Effect.fnUntraced(function* ({ api, project, settings }: DeployWork) {
  const found = yield* Effect.mapError(api.project(project), fromPages)
  if (Option.isSome(found)) return { project: found.value, made: false }
  if (!settings.createProjects) return yield* rejected(`There is no Pages project "${project}"`)
  const made = yield* Effect.mapError(api.createProject(project, settings.productionBranch), fromPages)
  return { project: made, made: true }
})

/** A project that serves another entity's deploy can't be this entity's. */
const checkOwner = ({ request }: DeployWork, { canonical_deployment, name }: Project) => {
  const owner = canonical_deployment ? readMarker(messageOf(canonical_deployment)) : Option.none()
  return Option.isSome(owner) && owner.value.entityId !== request.entity.id
    ? rejected(`The Pages project "${name}" belongs to the entity ${owner.value.entityId}, which is live there`)
    : Effect.void
}

/**
 * Looks the artifact over, and makes sure of the project. What production serves now goes into the output, which is stored:
 * it can be put back even by a process that has seen nothing of this one.
 */
export const prepareStep = (work: DeployWork): Step<typeof Prepared.Type> =>
  makeStep({
    name: "prepare",
    output: Prepared,
    retry: stepRetry(work.settings),
    run: Effect.fnUntraced(function* (context) {
      const { assets, ignored, special } = yield* siteFor(work)
      const { made, project } = yield* noticing(context)(projectFor(work))
      yield* checkOwner(work, project)
      const maxFiles = yield* noticing(context)(Effect.mapError(work.api.maxFiles(project.name), fromPages))
      if (assets.length > maxFiles) {
        const message = `The site has ${assets.length} files; Cloudflare Pages takes ${maxFiles} of this account`
        return yield* new StepError({ message, code: "artifact_invalid", retryable: false })
      }
      const previous = project.canonical_deployment?.id ?? null
      const left = ignored.length === 0 ? "" : `; ${ignored.length} more are left out, such as ${ignored[0]?.path}`
      const served = previous === null ? "nothing is live yet" : `deployment ${previous} is live now`
      yield* context.log(`${made ? "Made the Pages project" : "The Pages project is"} ${project.name}; ${served}`)
      const read = special.size === 0 ? "" : ` and ${special.size} that Cloudflare reads`
      yield* context.log(`The site has ${describeSize(assets)}${read}${left}`)
      return { files: assets.length, bytes: sizeOf(assets), branch: project.production_branch, previous }
    })
  })
