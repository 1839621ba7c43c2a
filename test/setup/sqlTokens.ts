import { Principal } from "@deploys/core"
import { SqlTokens } from "@deploys/sql-store"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { principals } from "../contract/AccessPolicyContract.ts"

const issue = Effect.fnUntraced(function* (principal: typeof Principal.Encoded) {
  const tokens = yield* SqlTokens
  const decoded = yield* Schema.decodeEffect(Principal)(principal)
  return yield* tokens.issue({ name: "for a test", ...decoded, createdBy: "root", expiresAt: null })
})

/** Tokens of the principals of the contract, and of nobody: one expired, one revoked. */
export const issued = Effect.gen(function* () {
  const tokens = yield* SqlTokens
  const sql = yield* SqlClient.SqlClient
  const [root, ada, grace, expired, revoked] = yield* Effect.all([
    issue(principals.root),
    issue(principals.ada),
    issue(principals.grace),
    issue(principals.root),
    issue(principals.root)
  ])
  yield* sql`UPDATE deploys.api_tokens SET expires_at = clock_timestamp() WHERE id = ${expired.row.id}`
  yield* tokens.revoke(revoked.row.id)
  return {
    of: { root: root.token, ada: ada.token, grace: grace.token },
    dead: { expired: expired.token, revoked: revoked.token }
  }
})
