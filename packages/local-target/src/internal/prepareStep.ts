import { DeployId, makeStep, type Step } from "@deploys/core"
import { Effect, Schema } from "effect"
import { checkEntries } from "./artifactEntries.ts"
import { artifactFiles, type DeployWork, describeSize, listingOf, liveDeploy, SiteSize, sizeOf } from "./deployWork.ts"
import { fromArtifact } from "./stepErrors.ts"

/** What the artifact holds, and what production served before this deploy. */
export const Prepared = Schema.Struct({
  ...SiteSize.fields,
  listing: Schema.String,
  previous: Schema.NullOr(DeployId)
})

/**
 * Looks the artifact over and changes nothing. What is live now goes into the output, which is stored: it can be put back
 * even by a process that has seen nothing of this one.
 */
export const prepareStep = (work: DeployWork): Step<typeof Prepared.Type> =>
  makeStep({
    name: "prepare",
    output: Prepared,
    run: Effect.fnUntraced(function* ({ deploy, log }) {
      const files = yield* artifactFiles(work)
      yield* Effect.mapError(checkEntries(files), fromArtifact)
      const live = yield* liveDeploy(work)
      const previous = (live?.deployId === deploy.id ? live.previous : live?.deployId) ?? null
      const size = sizeOf(files)
      yield* log(`The site has ${describeSize(size)}; ${previous ?? "nothing"} is live now`)
      return { ...size, listing: listingOf(files), previous }
    })
  })
