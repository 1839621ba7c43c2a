import { type ClaimRequest, type Ids, type StoreChange, StepId } from "@deploys/core"
import { Effect } from "effect"
import type { Database } from "../internal/Database.ts"
import { type Claimed, claimDeploys, type ClaimWithIds } from "../statements/claimDeploys.ts"
import { decodeRow, readDeploys } from "../statements/readDeploy.ts"
import type { Wakeups } from "../Wakeups.ts"
import type { Write } from "./GroupCommit.ts"
import { oneByOneIfRefused } from "./oneByOne.ts"

/** The rows of a claim that was won. */
export interface Won {
  readonly claimed: Claimed
  /** The deploy with its steps, where it was at work before: the claim's own statement saw its steps as they were before it waited. */
  readonly row: object
}

/** A request with ids for the steps that it may insert. */
export const withStepIds = (ids: Ids, request: ClaimRequest): Effect.Effect<ClaimWithIds> =>
  Effect.forEach(request.steps, () => Effect.map(ids.next("stp"), (id) => StepId.make(id))).pipe(
    Effect.map((stepIds) => ({ ...request, stepIds }))
  )

/** Where a claim is won, the deploy's events are told of: whether it starts is not known before. */
const changeOf = ({ deployId }: ClaimRequest): StoreChange => ({ deployId, kind: "events" })

const claimTogether = Effect.fnUntraced(function* (
  db: Database,
  wakeups: Wakeups["Service"],
  requests: ReadonlyArray<ClaimWithIds>,
  patience: number | undefined
) {
  const notices = yield* wakeups.notices(requests.map(changeOf))
  const claimed = yield* claimDeploys(db, requests, { notices, patience })
  const atWork = claimed.filter(({ starts }) => !starts).flatMap(({ n }) => requests[n]?.deployId ?? [])
  const rows = atWork.length === 0 ? [] : yield* readDeploys(db, atWork)
  return requests.map(({ deployId }, n): Won | undefined => {
    const won = claimed.find((one) => one.n === n)
    if (won === undefined) return undefined
    const row = won.starts ? won : rows.find(({ id }) => id === deployId)
    return row === undefined ? undefined : { claimed: won, row }
  })
})

/** Claims many deploys. */
export const claim = (db: Database, wakeups: Wakeups["Service"]): Write<ClaimWithIds, Won | undefined> =>
  oneByOneIfRefused((requests, patience) => claimTogether(db, wakeups, requests, patience))

/** The claim that these rows tell of; none where the epoch has been raised since, by a cancel or the owner's next claim. */
export const claimOf = Effect.fnUntraced(function* ({ claimed, row }: Won) {
  const deploy = yield* decodeRow(row)
  return deploy.epoch === claimed.epoch ? { ...deploy, startedFirstStep: claimed.startedFirstStep } : undefined
})
