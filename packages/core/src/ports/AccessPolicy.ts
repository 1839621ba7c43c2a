import { Context, type Effect, type Option, type Redacted } from "effect"
import type { StoreError } from "../domain/DeployError.ts"
import type { Principal } from "../domain/Principal.ts"

/** Says who a bearer token belongs to, and what they may do. */
export class AccessPolicy extends Context.Service<
  AccessPolicy,
  {
    /**
     * The principal of a token. None for a token that is unknown, malformed, expired or revoked: which of them is never
     * told.
     */
    readonly authenticate: (token: Redacted.Redacted) => Effect.Effect<Option.Option<Principal>, StoreError>
  }
>()("@deploys/core/AccessPolicy") {}
