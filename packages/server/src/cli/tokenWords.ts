/** How tokens are written for people. */
import type { Timestamp } from "@deploys/core"
import type { TokenDetails } from "../api/TokensApi.ts"
import { ago, ahead } from "./words.ts"

/** What a token may do, and where. */
export const reachWords = ({ rights, workspaceIds }: Pick<TokenDetails, "rights" | "workspaceIds">): string =>
  `${rights.join(",")} in ${workspaceIds === "all" ? "all workspaces" : workspaceIds.join(", ")}`

/** Whether a token lets nobody in any more. */
export const isDead = ({ expiresAt, revokedAt }: TokenDetails, now: Timestamp): boolean =>
  revokedAt !== null || (expiresAt !== null && expiresAt <= now)

/** How long a token is still good, or since when it is not. */
export const lifeWords = ({ expiresAt, revokedAt }: TokenDetails, now: Timestamp): string => {
  if (revokedAt !== null) return `revoked ${ago(revokedAt, now)}`
  if (expiresAt === null) return "never"
  return expiresAt <= now ? `ended ${ago(expiresAt, now)}` : ahead(expiresAt, now)
}
