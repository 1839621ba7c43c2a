import type { LeaseRef } from "../../ports/DeployStore.ts"
import { deployOf, type Now, type State, type StoredDeploy, type Transition, unchanged, withDeploy } from "./state.ts"

const held = (state: State, { deployId, epoch }: LeaseRef): StoredDeploy | undefined => {
  const stored = deployOf(state, deployId)
  return stored?.epoch === epoch && stored.lease !== null ? stored : undefined
}

/** Starts leases anew. */
export const renew = (
  state: State,
  now: Now,
  leases: ReadonlyArray<LeaseRef>,
  leaseMillis: number
): Transition<ReadonlyArray<LeaseRef>> => {
  const renewed = leases.filter((lease) => held(state, lease) !== undefined)
  const until = now.millis + leaseMillis
  return unchanged(
    renewed.reduce((after, { deployId }) => withLeaseUntil(after, deployId, until), state),
    renewed
  )
}

const withLeaseUntil = (state: State, id: LeaseRef["deployId"], until: number): State => {
  const stored = deployOf(state, id)
  return stored === undefined || stored.lease === null
    ? state
    : withDeploy(state, { ...stored, lease: { ...stored.lease, until } })
}

/** Gives leases back. */
export const release = (state: State, leases: ReadonlyArray<LeaseRef>): Transition<void> => {
  const given = leases.flatMap((lease) => held(state, lease) ?? [])
  return {
    state: given.reduce((after, stored) => withDeploy(after, { ...stored, lease: null }), state),
    answer: undefined,
    changes: given.map(({ deploy }) => ({ deployId: deploy.id, kind: "ready" }))
  }
}
