import { Principal, type TokenId } from "@deploys/core"
import { ApiToken, type TokenRequest } from "../ApiToken.ts"
import type { Database } from "../internal/Database.ts"
import { storedJson } from "../internal/storedJson.ts"
import { columns } from "../Rows.ts"

/**
 * The principal of a token that is neither expired nor revoked, and in how many milliseconds it will expire. Notes its use
 * once a minute at most, so that reads of a busy token are not writes.
 */
export const readPrincipal = ({ sql, table }: Database, hash: Uint8Array) => sql`
  WITH found AS MATERIALIZED (
    SELECT * FROM ${table("api_tokens")} t
    WHERE t.hash = ${hash} AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp())
  ), used AS (
    UPDATE ${table("api_tokens")} t SET last_used_at = clock_timestamp()
    FROM found WHERE t.id = found.id
      AND (found.last_used_at IS NULL OR found.last_used_at < clock_timestamp() - interval '1 minute')
  )
  SELECT t.hash, extract(epoch FROM t.expires_at - clock_timestamp())::float8 * 1000 AS "endsIn",
    ${columns(sql, "t", Principal.fields)}
  FROM found t`

/** Adds a token by its hash. */
export const addToken = (
  { sql, table }: Database,
  { createdBy, everywhere, expiresAt, name, subject, workspaces }: Required<TokenRequest>,
  { hash, id, prefix }: { readonly id: string; readonly hash: Uint8Array; readonly prefix: string }
) => sql`
  INSERT INTO ${table("api_tokens")} AS t
    (id, hash, prefix, name, subject, everywhere, workspaces, created_by, expires_at)
  VALUES (${id}, ${hash}, ${prefix}, ${name}, ${subject}, ${storedJson(everywhere)}::jsonb,
    ${storedJson(workspaces)}::jsonb, ${createdBy}, ${expiresAt}::timestamptz)
  RETURNING ${columns(sql, "t", ApiToken.fields)}`

/** All tokens, the newest first. */
export const listTokens = ({ sql, table }: Database) => sql`
  SELECT ${columns(sql, "t", ApiToken.fields)} FROM ${table("api_tokens")} t ORDER BY t.created_at DESC, t.id DESC`

/** The token with this id. */
export const readToken = ({ sql, table }: Database, id: TokenId) => sql`
  SELECT ${columns(sql, "t", ApiToken.fields)} FROM ${table("api_tokens")} t WHERE t.id = ${id}`

/** Revokes a token; the time of the first revocation stays. */
export const revokeToken = ({ sql, table }: Database, id: TokenId) => sql`
  UPDATE ${table("api_tokens")} t SET revoked_at = coalesce(t.revoked_at, clock_timestamp()) WHERE t.id = ${id}
  RETURNING ${columns(sql, "t", ApiToken.fields)}`
