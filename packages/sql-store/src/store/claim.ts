import { type ClaimRequest, type Ids, pendingSteps, type StoreChange, StepId } from "@deploys/core"
import { Effect } from "effect"
import type { Database } from "../internal/Database.ts"
import { type Claimed, claimDeploys, type ClaimWithIds } from "../statements/claimDeploys.ts"
import { decodeDeploy, decodeRow, readDeploys } from "../statements/readDeploy.ts"
import type { Wakeups } from "../Wakeups.ts"
import type { Write } from "./GroupCommit.ts"
import { oneByOneIfRefused } from "./oneByOne.ts"

/** A claim that was won, with its request. */
export interface Won {
  readonly request: ClaimWithIds
  readonly claimed: Claimed
  /** The deploy with its steps, where it was at work before: the claim's own statement saw its steps as they were before it waited. */
  readonly row: object | undefined
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
  return requests.map((request, n): Won | undefined => {
    const won = claimed.find((one) => one.n === n)
    return won && { request, claimed: won, row: rows.find(({ id }) => id === request.deployId) }
  })
})

/** Claims many deploys. */
export const claim = (db: Database, wakeups: Wakeups["Service"]): Write<ClaimWithIds, Won | undefined> =>
  oneByOneIfRefused((requests, patience) => claimTogether(db, wakeups, requests, patience))

/** The claim that these rows tell of; none where the epoch has been raised since, by a cancel or the owner's next claim. */
export const claimOf = Effect.fnUntraced(function* (won: Won) {
  const { epoch, starts, startedFirstStep } = won.claimed
  if (starts) return yield* firstClaim(won)
  if (won.row === undefined) return undefined
  const deploy = yield* decodeRow(won.row)
  return deploy.epoch === epoch ? { ...deploy, startedFirstStep } : undefined
})

/** Of a deploy that was pending all rows are as the request makes them. */
const firstClaim = Effect.fnUntraced(function* ({ claimed, request }: Won) {
  const { epoch, lastEvent, startedFirstStep } = claimed
  const deploy = yield* decodeDeploy(claimed)
  const [first, ...others] = pendingSteps(deploy.id, request.steps, request.stepIds)
  const begun = { status: "running", attempt: 1, starts: 1, startedAt: deploy.startedAt } as const
  const steps = first === undefined ? [] : [startedFirstStep ? { ...first, ...begun } : first, ...others]
  return { deploy, steps, epoch, lastEvent, elapsedMillis: 0, startedFirstStep }
})
