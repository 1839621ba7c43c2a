import { makeStep, type RunContext, type Step, type UndoContext } from "@deploys/core"
import { Effect, Option, Schema } from "effect"
import type { Deployment } from "../PagesSchemas.ts"
import { type DeployWork, noticing, siteFor, stepRetry } from "./deployWork.ts"
import { deploymentForm } from "./deploymentForm.ts"
import { type Hashed, manifestOf } from "./hashStep.ts"
import type { Prepared } from "./prepareStep.ts"
import { findDeployments } from "./reconcile.ts"
import { fromArtifact, fromPagesLater } from "./stepErrors.ts"
import { removeDeployment, withdraw } from "./withdraw.ts"

/** The deployment that was made, and its address. */
export const Created = Schema.Struct({ deploymentId: Schema.String, url: Schema.String })

interface CreateInput {
  readonly work: DeployWork
  readonly prepare: Step<typeof Prepared.Type>
  readonly hash: Step<typeof Hashed.Type>
}

/** Whether an earlier start of the step, here or in another process, may have made a deployment. */
const mayHaveMade = ({ creations }: DeployWork, { deploy, starts }: RunContext) => {
  const known = creations.get(deploy.id)
  return starts === 1 && known === undefined ? false : known?.sent !== false || known.starts !== starts - 1
}

/** Takes a deployment that is there for this deploy's own, and removes what else there is of it. */
const adopt = Effect.fnUntraced(function* (work: DeployWork, context: RunContext) {
  const [newest, ...others] = yield* Effect.mapError(findDeployments(work, false), fromPagesLater)
  if (newest === undefined) return Option.none<Deployment>()
  yield* context.log(`Found deployment ${newest.id}, which an earlier call has made`)
  yield* Effect.forEach(others, ({ id }) => removeDeployment(work, context, id))
  return Option.some(newest)
})

/** Sends the call. Only an answer that says no leaves it certain that nothing was made. */
const send = (work: DeployWork, { deploy, starts }: RunContext, form: FormData) =>
  Effect.suspend(() => {
    work.creations.set(deploy.id, { sent: true, starts })
    return work.api.createDeployment({ project: work.project, form })
  }).pipe(
    Effect.tapError((error) =>
      Effect.sync(() => {
        if (error.fault !== "unavailable") work.creations.set(deploy.id, { sent: false, starts })
      })
    ),
    Effect.mapError(fromPagesLater)
  )

const run = Effect.fnUntraced(function* ({ hash, prepare, work }: CreateInput, context: RunContext) {
  const { deploy, outputOf, starts } = context
  const site = yield* siteFor(work)
  const found = mayHaveMade(work, context) ? yield* adopt(work, context) : Option.none()
  if (Option.isSome(found)) return found.value
  work.creations.set(deploy.id, { sent: false, starts })
  const manifest = yield* manifestOf(work, site, (yield* outputOf(hash)).digest)
  const { branch } = yield* outputOf(prepare)
  const form = yield* Effect.mapError(deploymentForm(work, site, manifest, branch), fromArtifact)
  return yield* send(work, context, form)
})

/** Undoes what was made, by the output and by the mark: without an output it may take a while to turn up. */
const undo = Effect.fnUntraced(function* ({ prepare, work }: CreateInput, context: UndoContext<typeof Created.Type>) {
  const { deploy, output } = context
  const certain = Option.isSome(output) || work.creations.get(deploy.id)?.sent === false
  const marked = yield* Effect.mapError(findDeployments(work, certain), fromPagesLater)
  const known = Option.match(output, { onNone: () => [], onSome: ({ deploymentId }) => [deploymentId] })
  const made = [...new Set([...known, ...marked.map(({ id }) => id)])]
  const { previous } = yield* context.outputOf(prepare)
  const undone = yield* withdraw(work, context, { made, previous })
  work.creations.delete(deploy.id)
  return undone
})

/**
 * Makes the deployment, which goes live by itself. Nobody can call it back, nor send it twice: a call that may have been made
 * is looked for by the deploy's mark before another is sent.
 */
export const createStep = (input: CreateInput): Step<typeof Created.Type> =>
  makeStep({
    name: "create",
    output: Created,
    cancellation: "discard",
    retry: stepRetry(input.work.settings),
    attemptTimeout: "10 minutes",
    timeout: "30 minutes",
    previewUrl: ({ url }) => url,
    run: (context) =>
      noticing(context)(run(input, context)).pipe(
        Effect.tap(({ id, url }) => context.log(`Deployment ${id} is at ${url}`)),
        Effect.map(({ id, url }) => ({ deploymentId: id, url }))
      ),
    compensation: (context) => noticing(context)(undo(input, context))
  })
