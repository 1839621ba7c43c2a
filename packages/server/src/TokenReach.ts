import { hasRight, type Principal, type Right, WorkspaceId } from "@deploys/core"
import type { NewToken, TokenDetails } from "./api/TokensApi.ts"

/** Where a token is good for what. */
export type TokenReach = Pick<Principal, "everywhere" | "workspaces">

/** A right in one workspace, or in all that there will ever be: `null`. */
export interface Grant {
  readonly right: Right
  readonly workspaceId: WorkspaceId | null
}

/** The reach of a token that has the same rights in all of its workspaces. */
export const reachOf = ({ rights, workspaceIds }: Pick<NewToken, "rights" | "workspaceIds">): TokenReach =>
  workspaceIds === "all"
    ? { everywhere: rights, workspaces: {} }
    : { everywhere: [], workspaces: Object.fromEntries(workspaceIds.map((id) => [id, rights])) }

const inWorkspaces = ({ workspaces }: TokenReach) =>
  Object.entries(workspaces).map(([id, rights]) => ({ workspaceId: WorkspaceId.make(id), rights }))

/** A token that reaches into no workspace is nobody's but of who rules over all. */
const placesOf = (reach: TokenReach): ReadonlyArray<Grant["workspaceId"]> => {
  const single = inWorkspaces(reach).map(({ workspaceId }) => workspaceId)
  return reach.everywhere.length > 0 || single.length === 0 ? [null, ...single] : single
}

const grantsOf = (reach: TokenReach): ReadonlyArray<Grant> => [
  ...reach.everywhere.map((right) => ({ right, workspaceId: null })),
  ...inWorkspaces(reach).flatMap(({ rights, workspaceId }) => rights.map((right) => ({ right, workspaceId })))
]

const has = (principal: Principal, { right, workspaceId }: Grant) =>
  workspaceId === null ? principal.everywhere.includes(right) : hasRight(principal, right, workspaceId)

const everyPlace = (reach: TokenReach, right: Right) => placesOf(reach).map((workspaceId) => ({ right, workspaceId }))

/** What the principal lacks to grant this reach, or to touch a token that has it: first `admin`, then what it holds. */
export const missingToGrant = (principal: Principal, reach: TokenReach): Grant | undefined =>
  [...everyPlace(reach, "admin"), ...grantsOf(reach)].find((grant) => !has(principal, grant))

/** Whether a token of this reach is there for the principal: it reaches no further, and nowhere that they can't see. */
export const reachesNoFurther = (principal: Principal, reach: TokenReach): boolean =>
  [...everyPlace(reach, "read"), ...grantsOf(reach)].every((grant) => has(principal, grant))

/** Whether the principal has the right somewhere. */
export const hasSomewhere = (principal: Principal, right: Right): boolean =>
  [principal.everywhere, ...Object.values(principal.workspaces)].some((rights) => rights.includes(right))

/** The reach as the API tells it. Where rights differ between workspaces, as only a host grants them, it tells all of them. */
export const shownReach = (reach: TokenReach): Pick<TokenDetails, "rights" | "workspaceIds"> => {
  const single = inWorkspaces(reach)
  const rights = new Set([...reach.everywhere, ...single.flatMap(({ rights }) => rights)])
  const workspaceIds = reach.everywhere.length > 0 ? "all" : single.map(({ workspaceId }) => workspaceId)
  return { workspaceIds, rights: [...rights] }
}
