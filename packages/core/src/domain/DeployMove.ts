import { Data, type Schema } from "effect"
import type { DeployStatus, FailureCode, Outcome } from "./Deploy.ts"
import type { EventContent } from "./DeployEvent.ts"
import type { DeployId } from "./Id.ts"
import type { StepRecord, StepStatus } from "./DeployStep.ts"

/** From each status, those that a deploy may move to. A final one has none. */
export const legalMoves: Readonly<Record<DeployStatus, ReadonlyArray<DeployStatus>>> = {
  pending: ["running", "failed"],
  running: ["completed", "failed"],
  completed: [],
  failed: []
}

/** Which step a move is about. */
export interface StepRef {
  readonly index: number
  readonly name: string
}

/**
 * What the holder of a deploy's epoch does to it while it runs or settles.
 *
 * Moves of a run need the status `running`; moves of settling a deploy that is `failed` and not yet settled. `Logged` and
 * `StepCancelled` are moves of both.
 */
export type DeployMove = Data.TaggedEnum<{
  /** An attempt of a step begins; `attempt` counts from 1. */
  StepStarted: { readonly step: StepRef; readonly attempt: number }
  /** An attempt failed, and another one follows after the delay. */
  StepRetrying: {
    readonly step: StepRef
    readonly attempt: number
    readonly error: string
    readonly delayMillis: number
  }
  /** A step is done. `previewUrl` is the deploy's own address where this step made it, else null. */
  StepCompleted: {
    readonly step: StepRef
    readonly attempt: number
    readonly output: Schema.Json
    readonly previewUrl: string | null
  }
  StepFailed: { readonly step: StepRef; readonly attempt: number; readonly error: string }
  Logged: {
    readonly level: "debug" | "info" | "warn" | "error"
    readonly message: string
    readonly step: string | null
  }
  /** The last step is done and the deploy is what production serves. */
  Completed: { readonly previewUrl: string | null; readonly productionUrl: string | null }
  /** The deploy failed; steps not reached are cancelled. Unless `settled`, settling follows and keeps the entity's lane. */
  Failed: { readonly failureCode: FailureCode; readonly error: string; readonly settled: boolean }
  /** A step at work was stopped. */
  StepCancelled: { readonly step: StepRef }
  /** A step that could not be stopped has ended, and its result was dropped. */
  StepDiscarded: { readonly step: StepRef }
  /** What a step had made was undone, or `error` says why not. */
  StepCompensated: { readonly step: StepRef; readonly outcome: Outcome; readonly error: string | null }
  /** Nothing is left to undo: the entity's lane is free again. */
  Settled: { readonly outcome: Outcome }
}>
/** Makes and matches moves. */
export const DeployMove = Data.taggedEnum<DeployMove>()

/** What a move changes: the same for every store, so that no store has rules of its own. */
export interface MovePatch {
  /** What the deploy must be doing, or the move is refused. */
  readonly phase: "running" | "settling" | "either"
  readonly event: EventContent
  readonly step?: {
    readonly index: number
    readonly status?: StepStatus
    readonly attempt?: number
    readonly error?: string | null
    readonly output?: Schema.Json
    /** Adds one to `starts`, and sets `startedAt` where it is null. */
    readonly starts?: true
    readonly compensated?: Outcome
    /** Sets `completedAt`. */
    readonly ends?: true
  }
  readonly deploy?: {
    readonly status?: DeployStatus
    readonly failureCode?: FailureCode
    readonly error?: string
    readonly previewUrl?: string
    readonly productionUrl?: string
    readonly outcome?: Outcome
    readonly supersededBy?: DeployId
    /**
     * - `live`: final, gone live (the entity's earlier live deploy no longer is), lane and lease given back. Pending deploys
     *   of the entity with a lower number are superseded, and a hold that is older than this manual deploy is released.
     * - `settling`: final, but lane and lease stay until it has settled.
     * - `over`: final and settled, lane and lease given back.
     *
     * The first two, and `over` of a deploy that is not final yet, set `completedAt` and cancel the steps that are still
     * pending, at the same time.
     */
    readonly end?: "live" | "settling" | "over"
  }
}

/** What this move changes, when `by` makes it. */
export const movePatch = (move: DeployMove, by: string): MovePatch =>
  DeployMove.$match(move, {
    StepStarted: ({ attempt, step }): MovePatch => ({
      phase: "running",
      event: { type: "step.running", data: { ...step, attempt } },
      step: { index: step.index, status: "running", attempt, error: null, starts: true }
    }),
    StepRetrying: ({ attempt, delayMillis, error, step }): MovePatch => ({
      phase: "running",
      event: { type: "step.retrying", data: { ...step, attempt, error, delayMillis } },
      step: { index: step.index, error }
    }),
    StepCompleted: ({ attempt, output, previewUrl, step }): MovePatch => ({
      phase: "running",
      event: { type: "step.completed", data: { ...step, attempt } },
      step: { index: step.index, status: "completed", error: null, output, ends: true },
      ...(previewUrl === null ? {} : { deploy: { previewUrl } })
    }),
    StepFailed: ({ attempt, error, step }): MovePatch => ({
      phase: "running",
      event: { type: "step.failed", data: { ...step, attempt, error } },
      step: { index: step.index, status: "failed", error, ends: true }
    }),
    Logged: ({ level, message, step }): MovePatch => ({
      phase: "either",
      event: { type: "log", data: { level, message, step } }
    }),
    Completed: ({ previewUrl, productionUrl }): MovePatch => ({
      phase: "running",
      event: { type: "deploy.completed", data: { by, previewUrl, productionUrl } },
      deploy: {
        status: "completed",
        end: "live",
        ...(previewUrl === null ? {} : { previewUrl }),
        ...(productionUrl === null ? {} : { productionUrl })
      }
    }),
    Failed: ({ error, failureCode, settled }): MovePatch => ({
      phase: "running",
      event: { type: "deploy.failed", data: { by, failureCode, error, settled } },
      deploy: {
        status: "failed",
        failureCode,
        error,
        outcome: settled ? "prevented" : "settling",
        end: settled ? "over" : "settling"
      }
    }),
    StepCancelled: ({ step }): MovePatch => ({
      phase: "either",
      event: { type: "step.cancelled", data: step },
      step: { index: step.index, status: "cancelled", ends: true }
    }),
    StepDiscarded: ({ step }): MovePatch => ({
      phase: "settling",
      event: { type: "step.discarded", data: step },
      step: { index: step.index, status: "discarded", ends: true }
    }),
    StepCompensated: ({ error, outcome, step }): MovePatch => ({
      phase: "settling",
      event: { type: "step.compensated", data: { ...step, outcome, error } },
      step: { index: step.index, compensated: outcome }
    }),
    Settled: ({ outcome }): MovePatch => ({
      phase: "settling",
      event: { type: "deploy.settled", data: { by, outcome } },
      deploy: { outcome, end: "over" }
    })
  })

/** One write of one deploy: what its moves change, taken together. */
export interface MovesPatch {
  /** Who makes the moves. */
  readonly by: string
  readonly phase: MovePatch["phase"]
  readonly events: ReadonlyArray<EventContent>
  readonly steps: ReadonlyArray<NonNullable<MovePatch["step"]>>
  readonly deploy: NonNullable<MovePatch["deploy"]>
}

/** What these moves change together, when `by` makes them. No two of them may change the same step. */
export const movesPatch = (moves: ReadonlyArray<DeployMove>, by: string): MovesPatch => {
  const patches = moves.map((move) => movePatch(move, by))
  return {
    by,
    phase: patches.find((patch) => patch.phase !== "either")?.phase ?? "either",
    events: patches.map((patch) => patch.event),
    steps: patches.flatMap((patch) => (patch.step === undefined ? [] : [patch.step])),
    deploy: Object.assign({}, ...patches.map((patch) => patch.deploy))
  }
}

/** Whether a deploy with these steps can end at once: none is running, and none has started that is undoable. */
export const nothingToUndo = (steps: ReadonlyArray<Pick<StepRecord, "status" | "starts" | "undoable">>): boolean =>
  steps.every((step) => step.status !== "running" && (step.starts === 0 || !step.undoable))

/** What ends a deploy from outside, whoever runs it. Its epoch is raised by 1 with it. */
export type Ending = Data.TaggedEnum<{
  Cancelled: { readonly reason: string | null }
  /** A newer deploy of the entity takes its place. */
  Superseded: { readonly successor: DeployId }
}>
/** Makes and matches endings. */
export const Ending = Data.taggedEnum<Ending>()

const errorOf = Ending.$match({
  Cancelled: ({ reason }) => (reason === null ? "Cancelled" : `Cancelled: ${reason}`),
  Superseded: ({ successor }) => `Superseded by ${successor}`
})

/** What the end of a pending or running deploy changes, when `by` brings it about. It is settled when nothing is to undo. */
export const endingPatch = (
  ending: Ending,
  by: string,
  { status, steps }: { readonly status: DeployStatus; readonly steps: Parameters<typeof nothingToUndo>[0] }
): MovesPatch => {
  const failureCode = ending._tag === "Cancelled" ? "cancelled" : "superseded"
  const move = DeployMove.Failed({ failureCode, error: errorOf(ending), settled: nothingToUndo(steps) })
  const { deploy, ...patch } = movesPatch([move], by)
  // The outcome tells of work, and a deploy that was never claimed has done none.
  const { outcome, ...rest } = deploy
  return {
    ...patch,
    deploy: {
      ...rest,
      ...(status === "pending" || outcome === undefined ? {} : { outcome }),
      ...(ending._tag === "Superseded" ? { supersededBy: ending.successor } : {})
    }
  }
}
