import { HashMap } from "effect"
import { isOver } from "../../domain/Deploy.ts"
import type { DeployEvent } from "../../domain/DeployEvent.ts"
import { type Timestamp, timestampFromMicros } from "../../domain/Timestamp.ts"
import type { DeployStore, EventPosition, EventPositions } from "../../ports/DeployStore.ts"
import { deployOf, lastEvent, type Now, type State, type StoredDeploy } from "./state.ts"

type Options<Method extends keyof DeployStore["Service"]> = DeployStore["Service"][Method] extends (
  options: infer A
) => unknown
  ? A
  : never

/** Events of these deploys above their numbers. */
export const eventsOf = (state: State, { deploys, limit }: Options<"eventsOf">): ReadonlyArray<DeployEvent> =>
  deploys
    .flatMap(({ after, deployId }) => deployOf(state, deployId)?.events.slice(after, after + limit) ?? [])
    .slice(0, limit)
    .map(({ event }) => event)

const positionOf = (stored: StoredDeploy): EventPosition => ({
  deployId: stored.deploy.id,
  workspaceId: stored.deploy.workspaceId,
  entityId: stored.deploy.entityId,
  createdAt: stored.deploy.createdAt,
  isOver: isOver(stored.deploy),
  lastEvent: lastEvent(stored)
})

const horizonOf = (now: Now, lagMillis: number): Timestamp =>
  timestampFromMicros(BigInt(now.millis - lagMillis) * 1000n)

const allPositions = (state: State) => HashMap.toValues(state.deploys).map(positionOf)

/** Positions of what is not over or has just been created. */
export const openPositions = (state: State, now: Now, lagMillis: number): EventPositions => {
  const horizon = horizonOf(now, lagMillis)
  return { horizon, positions: allPositions(state).filter((each) => !each.isOver || each.createdAt >= horizon) }
}

/** Positions in the order of creation, from behind a place up to the horizon. */
export const createdPositions = (
  state: State,
  now: Now,
  { behind, lagMillis, limit }: Options<"createdPositions">
): EventPositions => {
  const horizon = horizonOf(now, lagMillis)
  const place = ({ createdAt, deployId }: EventPosition) => `${createdAt} ${deployId}`
  const positions = allPositions(state)
    .filter((each) => place(each) > `${behind.createdAt} ${behind.id}` && each.createdAt < horizon)
    .toSorted((one, other) => (place(one) < place(other) ? -1 : 1))
  return { horizon, positions: positions.slice(0, limit) }
}
