import type {
  BuildId,
  Cancellation,
  Claim,
  ClaimRequest,
  Deploy,
  DeployEvent,
  DeployId,
  DeployRecord,
  EntityId,
  InsertOptions,
  Lane,
  LeaseRef,
  MoveRequest,
  MoveResult,
  NewDeploy,
  Waiting
} from "@deploys/core"

/** A call that reached the store, in the order in which the store took them. */
export type Call = {
  /** Place among all calls and effects. */
  readonly order: number
  /** Milliseconds of virtual time. */
  readonly at: number
  readonly machine: string
  /** When the machine had the answer, in the same order; null when it never did. */
  answered: number | null
} & (
  | ({
      readonly op: "insert"
      readonly request: NewDeploy
      readonly options: InsertOptions
      readonly answer: Deploy
    } & Change)
  /** What an insert or a move did to another deploy than the one that it was about. It stands right behind its cause. */
  | ({ readonly op: "supersede" } & Change)
  | ({ readonly op: "claim"; readonly request: ClaimRequest; readonly answer: Claim | null } & Change)
  | ({ readonly op: "move"; readonly request: MoveRequest; readonly answer: MoveResult } & Change)
  | ({
      readonly op: "cancel"
      readonly request: { readonly deployId: DeployId; readonly by: string; readonly reason: string | null }
      /** Null when the deploy was over, or is unknown. */
      readonly answer: Cancellation | null
    } & Change)
  | {
      readonly op: "renew"
      readonly request: { readonly leases: ReadonlyArray<LeaseRef>; readonly leaseMillis: number }
      readonly answer: ReadonlyArray<LeaseRef>
    }
  | { readonly op: "release"; readonly request: ReadonlyArray<LeaseRef> }
  | { readonly op: "releaseHold"; readonly request: EntityId }
)

/** What a call left of the deploy that it was about. */
export interface Change {
  readonly deployId: DeployId
  readonly row: DeployRecord | null
  /** The events that it wrote. */
  readonly wrote: ReadonlyArray<DeployEvent>
}

/** A call about one deploy. */
export type DeployCall = Extract<Call, Change>

/** What a step did to what the target serves. */
export interface TargetEffect {
  readonly order: number
  readonly at: number
  /** Where the step ran that asked for it. */
  readonly machine: string
  readonly deployId: DeployId
  readonly entityId: EntityId
  readonly step: string
  readonly attempt: number
  /**
   * - `began`: an attempt of the step began.
   * - `saw`: it was given this output of an earlier step.
   * - `landed`: what it asked for took effect.
   * - `ended`: it returned or failed, and nothing of it is under way.
   * - `undone`: what it had made was undone; `undo failed`: it was not.
   */
  readonly what: "began" | "saw" | "landed" | "ended" | "undone" | "undo failed"
  /** With `saw`: whose output, and what it was. */
  readonly seen?: { readonly step: string; readonly output: unknown }
  /** What production serves afterwards. */
  readonly live: DeployId | null
}

/** A deploy that the target has. */
export interface MadeDeployment {
  readonly deployId: DeployId
  readonly entityId: EntityId
  readonly buildId: BuildId
}

/** What somebody who asked for a deploy, or for its end, was answered. */
export type Asked =
  | {
      readonly what: "create" | "rollback" | "event"
      /** What the asker would have repeated by asking it again, and under which key. */
      readonly request: string
      readonly key: string | null
      /** None when there was no answer, or it was `refused`. */
      readonly deployId: DeployId | null
      readonly refused: string | null
    }
  | { readonly what: "cancel"; readonly deployId: DeployId; readonly answer: Cancellation | null }

/** What a reader of a feed got, over all its connections. */
export interface Reading {
  readonly deployId: DeployId
  readonly sequences: ReadonlyArray<number>
  readonly connections: number
}

/** All that is known of a run when it is over. */
export interface History {
  /** All calls that the store took, in order. */
  readonly calls: ReadonlyArray<Call>
  readonly effects: ReadonlyArray<TargetEffect>
  readonly rows: ReadonlyArray<{ readonly record: DeployRecord; readonly events: ReadonlyArray<DeployEvent> }>
  readonly made: ReadonlyArray<MadeDeployment>
  /** Deploys of which the target holds something that an upload has brought. */
  readonly uploaded: ReadonlySet<DeployId>
  readonly live: ReadonlyMap<EntityId, DeployId | null>
  readonly lanes: ReadonlyArray<Lane>
  /** What is still pending waits for. */
  readonly waiting: ReadonlyMap<DeployId, Waiting>
  /** Leases that hold when all machines have been stopped. */
  readonly leases: ReadonlyArray<LeaseRef>
  readonly asked: ReadonlyArray<Asked>
  readonly readings: ReadonlyArray<Reading>
  /** How often the plan lets each step be tried. */
  readonly attempts: ReadonlyMap<string, number>
  /** How often a start of an attempt may end in a crash. */
  readonly maxStarts: number
  readonly deployTimeoutMillis: number
  /** When the wall clock of a machine was moved, and by how much. */
  readonly clocks: ReadonlyArray<{ readonly at: number; readonly machine: string; readonly millis: number }>
  /** The steps of the plans of the last version of the host. */
  readonly finalPlan: ReadonlyArray<string>
  /** From when on whatever nobody holds is to be claimed within this time; null where machines die to the end. */
  readonly claimedWithin: { readonly from: number; readonly millis: number } | null
  /** What the machines left behind when they had been stopped. */
  readonly leaks: ReadonlyArray<string>
}
