import { HashMap, Order } from "effect"
import type { DeployId, WorkspaceId } from "../../domain/Id.ts"
import type { Timestamp } from "../../domain/Timestamp.ts"
import { atWorkIn, deployOf, isLeaseFree, type Lane, nextOf, type Now, type State, type StoredDeploy } from "./state.ts"

interface Options {
  readonly owner: string
  readonly limit: number
  readonly maxRunningPerWorkspace?: number
}

/** Deploys that a claim by this owner may win now: first those at work, and then each workspace in turn. */
export const claimable = (state: State, now: Now, options: Options): ReadonlyArray<DeployId> =>
  [...leaseFree(state, now, options.owner), ...pending(state, options)].slice(0, options.limit)

const leaseFree = (state: State, now: Now, owner: string) =>
  HashMap.toValues(state.lanes)
    .flatMap(({ occupant }) => (occupant === null ? [] : (deployOf(state, occupant) ?? [])))
    .filter((stored) => isOffered(stored, now, owner))
    .toSorted(byLease)
    .map(({ deploy }) => deploy.id)

const isOffered = (stored: StoredDeploy, now: Now, owner: string): boolean =>
  isLeaseFree(stored, now) || (stored.lease?.owner === owner && stored.lease.epoch < stored.epoch)

const byLease = Order.mapInput(Order.Number, ({ lease }: StoredDeploy) => lease?.until ?? 0)

interface Candidate {
  readonly id: DeployId
  readonly workspaceId: WorkspaceId
  readonly since: Timestamp
}

const pending = (state: State, { maxRunningPerWorkspace = Infinity }: Options) => {
  const turns = new Map<WorkspaceId, number>()
  const inTurn = (workspaceId: WorkspaceId) => {
    const turn = (turns.get(workspaceId) ?? atWorkIn(state, workspaceId)) + 1
    turns.set(workspaceId, turn)
    return turn
  }
  return HashMap.toValues(state.lanes)
    .flatMap((lane) => candidateOf(state, lane))
    .toSorted(bySince)
    .map(({ id, workspaceId }) => ({ id, turn: inTurn(workspaceId) }))
    .filter(({ turn }) => turn <= maxRunningPerWorkspace)
    .toSorted(byTurn)
    .map(({ id }) => id)
}

const candidateOf = (state: State, lane: Lane): ReadonlyArray<Candidate> => {
  const { readySince: since } = lane
  const id = since === null ? undefined : nextOf(state, lane)
  const stored = id === undefined ? undefined : deployOf(state, id)
  return since === null || stored === undefined
    ? []
    : [{ id: stored.deploy.id, workspaceId: stored.deploy.workspaceId, since }]
}

const bySince = Order.mapInput(Order.String, ({ since }: Candidate) => since)

/** Sorting keeps the order of those whose turn is the same. */
const byTurn = Order.mapInput(Order.Number, ({ turn }: { readonly turn: number }) => turn)
