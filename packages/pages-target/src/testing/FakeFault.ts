import { Data, type Duration, type Effect } from "effect"

/** A call of the API, as the fake names it. */
export type FakeCallName =
  | "project"
  | "createProject"
  | "uploadToken"
  | "missingAssets"
  | "uploadAssets"
  | "registerAssets"
  | "createDeployment"
  | "deployment"
  | "deployments"
  | "deploymentLogs"
  | "rollback"
  | "deleteDeployment"

/** Something that goes wrong with one call. */
export type FakeFault = Data.TaggedEnum<{
  /** The call is not carried out, and answered with this status and error. */
  Refused: { readonly status: number; readonly code: number; readonly message: string; readonly retryAfter?: number }
  /** A gateway answers instead, with HTML; the call is not carried out. */
  Gateway: { readonly status: number }
  /** The token that the call came with is no longer accepted: 403 and plain text. The call is not carried out. */
  ExpiredToken: {}
  /** The socket is cut, and the call not carried out. */
  Reset: {}
  /** The call is carried out, and the socket cut before the answer. */
  Lost: {}
  /** The call is carried out, and answered with this status and error. */
  Denied: { readonly status: number; readonly code: number; readonly message: string }
  /** The call is carried out after this time. */
  Slow: { readonly duration: Duration.Input }
  /** The call waits for this before it is carried out. */
  Before: { readonly gate: Effect.Effect<void> }
  /** The call is carried out, and its answer waits for this. */
  After: { readonly gate: Effect.Effect<void> }
  /** The deployment that the call makes fails in its last stage, with this in its log. Of `createDeployment` alone. */
  FailedStage: { readonly line: string }
}>
/** Something that goes wrong with one call. */
export const FakeFault = Data.taggedEnum<FakeFault>()

/** Which calls a fault is for. */
export interface FaultOptions {
  /** How many calls it is for. Default: 1. */
  readonly times?: number
  /** How many calls go by before. Default: none. */
  readonly skip?: number
  /** The project whose calls it is for. Default: of any. */
  readonly project?: string
}
