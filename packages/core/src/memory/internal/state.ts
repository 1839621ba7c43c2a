import { HashMap, Option } from "effect"
import type { Cancellation, Deploy } from "../../domain/Deploy.ts"
import type { DeployEvent, EventContent } from "../../domain/DeployEvent.ts"
import type { StepRecord } from "../../domain/DeployStep.ts"
import type { DeployId, EntityId, WorkspaceId } from "../../domain/Id.ts"
import type { Hold, QueuePolicy } from "../../domain/Lane.ts"
import type { Timestamp } from "../../domain/Timestamp.ts"
import type { StoreChange } from "../../ports/DeployStore.ts"

/** Who holds a deploy, since which epoch, and until when (milliseconds of the clock). */
export interface Lease {
  readonly owner: string
  readonly epoch: number
  readonly until: number
}

/** An event with the epoch that it was written under: what tells a repeated request from another runner's. */
export interface StoredEvent {
  readonly event: DeployEvent
  readonly epoch: number
}

/** All that is kept of one deploy. */
export interface StoredDeploy {
  readonly deploy: Deploy
  readonly steps: ReadonlyArray<StepRecord>
  readonly events: ReadonlyArray<StoredEvent>
  readonly epoch: number
  readonly lease: Lease | null
  /** Whether it has failed and keeps its entity's lane. */
  readonly settling: boolean
  readonly cancellation: Cancellation | null
}

/** What is kept of one entity. */
export interface Lane {
  readonly lastSequence: number
  /** Pending deploys, the oldest first. */
  readonly queue: ReadonlyArray<DeployId>
  /** The deploy that runs or settles. */
  readonly occupant: DeployId | null
  readonly liveDeployId: DeployId | null
  /** With the number of the deploy that it came with. */
  readonly hold: (Hold & { readonly sequenceNumber: number }) | null
  readonly queuePolicy: QueuePolicy
  /** Since when there is a deploy that could be claimed. */
  readonly readySince: Timestamp | null
}

/** What a key was used for, which deploy that made, and when (milliseconds of the clock). */
export interface StoredKey {
  readonly request: string
  readonly deployId: DeployId
  readonly millis: number
}

/** The whole store: one immutable value, so that a call is one step from one to the next. */
export interface State {
  readonly deploys: HashMap.HashMap<DeployId, StoredDeploy>
  readonly lanes: HashMap.HashMap<EntityId, Lane>
  /** How many deploys of a workspace run or settle. */
  readonly atWork: HashMap.HashMap<WorkspaceId, number>
  /** Automatic deploys by entity and source event. */
  readonly byEvent: HashMap.HashMap<string, DeployId>
  /** By principal and key. */
  readonly keys: HashMap.HashMap<string, StoredKey>
}

/** The time of a call: as text for rows, and in milliseconds for leases. */
export interface Now {
  readonly at: Timestamp
  readonly millis: number
}

/** What a call makes of the state, what it answers, and what is told to those who listen. */
export interface Transition<A> {
  readonly state: State
  readonly answer: A
  readonly changes: ReadonlyArray<StoreChange>
}

/** A store without a deploy. */
export const emptyState: State = {
  deploys: HashMap.empty(),
  lanes: HashMap.empty(),
  atWork: HashMap.empty(),
  byEvent: HashMap.empty(),
  keys: HashMap.empty()
}

const emptyLane: Lane = {
  lastSequence: 0,
  queue: [],
  occupant: null,
  liveDeployId: null,
  hold: null,
  queuePolicy: "queue",
  readySince: null
}

/** A call that leaves everything as it is. */
export const unchanged = <A>(state: State, answer: A): Transition<A> => ({ state, answer, changes: [] })

/** The deploy with this id. */
export const deployOf = (state: State, id: DeployId): StoredDeploy | undefined =>
  Option.getOrUndefined(HashMap.get(state.deploys, id))

/** The lane of this entity, empty where it has had no deploy. */
export const laneOf = (state: State, entityId: EntityId): Lane =>
  Option.getOrElse(HashMap.get(state.lanes, entityId), () => emptyLane)

/** The state with this deploy in place of the one with its id. */
export const withDeploy = (state: State, stored: StoredDeploy): State => ({
  ...state,
  deploys: HashMap.set(state.deploys, stored.deploy.id, stored)
})

/** Whether the deploy waits for the release of its entity's hold. */
export const isHeld = (lane: Pick<Lane, "hold">, { deploy }: StoredDeploy): boolean =>
  lane.hold !== null && deploy.trigger === "auto"

/** The deploy of a lane that could be claimed: the oldest pending one that is not held, where nothing has the lane. */
export const nextOf = (state: State, lane: Lane): DeployId | undefined => {
  if (lane.occupant !== null) return undefined
  return lane.queue.find((id) => {
    const stored = deployOf(state, id)
    return stored !== undefined && !isHeld(lane, stored)
  })
}

/** How many deploys of this workspace run or settle. */
export const atWorkIn = (state: State, workspaceId: WorkspaceId): number =>
  Option.getOrElse(HashMap.get(state.atWork, workspaceId), () => 0)

const counted = (state: State, occupant: DeployId | null, change: 1 | -1): State => {
  const stored = occupant === null ? undefined : deployOf(state, occupant)
  if (stored === undefined) return state
  const { workspaceId } = stored.deploy
  return { ...state, atWork: HashMap.set(state.atWork, workspaceId, atWorkIn(state, workspaceId) + change) }
}

/** The state with these fields of an entity's lane changed. */
export const withLane = (state: State, now: Now, entityId: EntityId, fields: Partial<Lane>): State => {
  const earlier = laneOf(state, entityId)
  const lane = { ...earlier, ...fields }
  const readySince = nextOf(state, lane) === undefined ? null : (lane.readySince ?? now.at)
  const changed = { ...state, lanes: HashMap.set(state.lanes, entityId, { ...lane, readySince }) }
  return lane.occupant === earlier.occupant
    ? changed
    : counted(counted(changed, earlier.occupant, -1), lane.occupant, 1)
}

/** The number of the last event. */
export const lastEvent = (stored: StoredDeploy): number => stored.events.length

/** The time of a write: the present, or that of the deploy's last write where the clock went back behind it. */
export const writeTime = (stored: StoredDeploy, now: Now): Timestamp => {
  const last = stored.events.at(-1)?.event.at ?? now.at
  return last > now.at ? last : now.at
}

/** The deploy with these events behind its others. */
export const withEvents = (
  stored: StoredDeploy,
  contents: ReadonlyArray<EventContent>,
  at: Timestamp
): StoredDeploy => ({
  ...stored,
  events: [
    ...stored.events,
    ...contents.map((content, index) => ({
      epoch: stored.epoch,
      event: { ...content, deployId: stored.deploy.id, sequence: lastEvent(stored) + index + 1, at }
    }))
  ]
})

/** Whether nobody, or nobody any more, has the right to move the deploy. */
export const isLeaseFree = (stored: StoredDeploy, now: Now): boolean =>
  stored.lease === null || stored.lease.until <= now.millis
