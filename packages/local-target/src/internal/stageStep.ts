import { makeStep, type Progress, type Step } from "@deploys/core"
import { Context, Effect, Ref, Schema } from "effect"
import { Publication } from "../Publication.ts"
import * as SiteHost from "../SiteHost.ts"
import { SiteServer } from "../SiteServer.ts"
import { type DeployWork, describeSize, sameFiles, SiteSize, sizeOf } from "./deployWork.ts"
import type { Prepared } from "./prepareStep.ts"
import { fromPlatform, fromStaging } from "./stepErrors.ts"

/** What was published, and the address of this very deploy. */
export const Staged = Schema.Struct({ ...SiteSize.fields, previewUrl: Schema.String })

/** Tells of every percent of the bytes, and of no chunk in between. */
const percentages = (total: number, progress: (progress: Progress) => Effect.Effect<void>) =>
  Effect.map(Ref.make(0), (written) =>
    Effect.fnUntraced(function* (bytes: number) {
      const before = yield* Ref.getAndUpdate(written, (sum) => sum + bytes)
      const percent = (done: number) => Math.floor((done / total) * 100)
      if (percent(before + bytes) > percent(before)) yield* progress({ done: before + bytes, total, unit: "bytes" })
    })
  )

/**
 * Copies the files into the deploy's own folder, where its preview is served from. Production is not touched, so a cancel
 * may stop it anywhere.
 */
export const stageStep = (work: DeployWork, prepare: Step<typeof Prepared.Type>): Step<typeof Staged.Type> => {
  const { services, site } = work
  const publication = Context.get(services, Publication)
  return makeStep({
    name: "stage",
    output: Staged,
    previewUrl: (output) => output.previewUrl,
    cancellation: "interrupt",
    run: Effect.fnUntraced(function* ({ deploy, log, outputOf, progress }) {
      const files = yield* sameFiles(work, yield* outputOf(prepare))
      const size = sizeOf(files)
      const wrote = yield* percentages(size.bytes, progress)
      yield* Effect.mapError(publication.stage(site, deploy.id, files, wrote), fromStaging)
      const previewUrl = SiteHost.url({ name: site, deployId: deploy.id }, Context.get(services, SiteServer).port)
      yield* log(`Copied ${describeSize(size)}; the preview is ${previewUrl}`)
      return { ...size, previewUrl }
    }),
    compensation: Effect.fnUntraced(function* ({ deploy, log }) {
      const live = yield* publication.live(site)
      if (live?.deployId === deploy.id) {
        yield* log("The deploy is still live, so its files stay", "warn")
        return "unresolved"
      }
      yield* publication.withdraw(site, deploy.id)
      yield* log("Removed the deploy's files")
      return "discarded"
    }, Effect.mapError(fromPlatform))
  })
}
