import type * as Core from "@deploys/core"
import { ListTooSlow } from "@deploys/core"
import { Effect } from "effect"
import { Problems } from "./api/index.ts"
import { invalid } from "./InputCheck.ts"

interface CoreErrors {
  readonly NotFound: Core.NotFound
  readonly Forbidden: Core.Forbidden
  readonly InvalidInput: Core.InvalidInput
  readonly BuildNotDeployable: Core.BuildNotDeployable
  readonly NoDeployableBuild: Core.NoDeployableBuild
  readonly DeployFinished: Core.DeployFinished
  readonly DeployNotCompleted: Core.DeployNotCompleted
  readonly IdempotencyKeyReused: Core.IdempotencyKeyReused
  readonly StoreError: Core.StoreError
}

const table = {
  NotFound: (error: Core.NotFound) => new Problems.NotFound({ detail: error.message }),
  Forbidden: (error: Core.Forbidden) =>
    new Problems.Forbidden({ detail: error.message, right: error.right, workspaceId: error.workspaceId }),
  InvalidInput: (error: Core.InvalidInput) => invalid(error.faults),
  BuildNotDeployable: (error: Core.BuildNotDeployable) =>
    new Problems.BuildNotDeployable({
      detail: error.message,
      buildId: error.buildId,
      buildStatus: error.status,
      buildError: error.error
    }),
  NoDeployableBuild: (error: Core.NoDeployableBuild) =>
    new Problems.NoDeployableBuild({ detail: error.message, appId: error.entityId }),
  DeployFinished: (error: Core.DeployFinished) =>
    new Problems.DeployFinished({
      detail: error.message,
      deployId: error.deployId,
      deployStatus: error.status,
      failureCode: error.failureCode
    }),
  DeployNotCompleted: (error: Core.DeployNotCompleted) =>
    new Problems.DeployNotCompleted({
      detail: error.message,
      deployId: error.deployId,
      deployStatus: error.status,
      failureCode: error.failureCode
    }),
  IdempotencyKeyReused: (error: Core.IdempotencyKeyReused) =>
    new Problems.IdempotencyKeyReused({ detail: error.message }),
  StoreError: ({ cause }: Core.StoreError) =>
    new Problems.Unavailable({ detail: cause instanceof ListTooSlow ? cause.message : "The store could not answer" })
}

type Table = { readonly [Tag in keyof CoreErrors]: (error: CoreErrors[Tag]) => ReturnType<(typeof table)[Tag]> }

/** The problem that a core error is told as. What a store's error was caused by is not told. */
const toProblem = <Tag extends keyof CoreErrors>(
  error: CoreErrors[Tag] & { readonly _tag: Tag }
): ReturnType<Table[Tag]> => {
  const problems: Table = table
  const tag: Tag = error._tag
  return problems[tag](error)
}

/**
 * Fails with the problem that a core error is told as: `Effect.catch(failWithProblem)`. What a store's error was caused by
 * goes to the log, which bears the request's id.
 */
export const failWithProblem = <Tag extends keyof CoreErrors>(error: CoreErrors[Tag] & { readonly _tag: Tag }) => {
  const isOurs = error._tag === "StoreError"
  const failure = Effect.fail(toProblem<Tag>(error))
  return isOurs ? Effect.andThen(Effect.logError("The store could not answer", error), failure) : failure
}
