import { makeStep, type Step } from "@deploys/core"
import { Context, Effect, Schema } from "effect"
import { SiteServer } from "../SiteServer.ts"
import { type DeployWork, sameFiles } from "./deployWork.ts"
import type { Prepared } from "./prepareStep.ts"
import { verifyPages } from "./verification.ts"

/** How many addresses of each host were fetched and found equal to the artifact. */
export const Verified = Schema.Struct({ compared: Schema.Natural })

/** Fetches the preview and production from the running server and compares every byte with the artifact. */
export const verifyStep = (work: DeployWork, prepare: Step<typeof Prepared.Type>): Step<typeof Verified.Type> =>
  makeStep({
    name: "verify",
    output: Verified,
    run: Effect.fnUntraced(function* ({ deploy, log, outputOf, progress }) {
      const files = yield* sameFiles(work, yield* outputOf(prepare))
      const { origin } = Context.get(work.services, SiteServer)
      const hosts = [deploy.id, null].map((deployId) => ({ name: work.site, deployId }))
      const compared = yield* verifyPages({ origin, hosts, files, progress })
      yield* log(`Preview and production serve ${compared} addresses as the artifact has them`)
      return { compared }
    }, Effect.provide(work.services))
  })
