import { HashMap, Option, Result } from "effect"
import type { Deploy } from "../../domain/Deploy.ts"
import { IdempotencyKeyReused } from "../../domain/DeployError.ts"
import { idempotencyMillis, type KeyedRequest } from "../../domain/Idempotency.ts"
import type { DeployId } from "../../domain/Id.ts"
import { deployOf, type Now, type State } from "./state.ts"

/** A subject may hold any character, and an escaped one holds no line break. */
const nameOf = ({ key, principal }: KeyedRequest) => `${JSON.stringify(principal)}\n${key}`

const isRemembered = (now: Now) => (stored: { readonly millis: number }) =>
  now.millis - stored.millis < idempotencyMillis

/** The deploy that this key's request made in the last 24 hours. */
export const remembered = (
  state: State,
  now: Now,
  asked: KeyedRequest
): Result.Result<Option.Option<Deploy>, IdempotencyKeyReused> => {
  const stored = Option.filter(HashMap.get(state.keys, nameOf(asked)), isRemembered(now))
  if (Option.isNone(stored)) return Result.succeedNone
  return stored.value.request === asked.request
    ? Result.succeed(Option.fromNullishOr(deployOf(state, stored.value.deployId)?.deploy))
    : Result.fail(new IdempotencyKeyReused({ key: asked.key }))
}

/** Remembers the key for this deploy unless it is remembered already, and forgets those that are too old. */
export const remember = (state: State, now: Now, asked: KeyedRequest, deployId: DeployId): State => {
  const young = HashMap.filter(state.keys, isRemembered(now))
  if (HashMap.has(young, nameOf(asked))) return state
  const stored = { request: asked.request, deployId, millis: now.millis }
  return { ...state, keys: HashMap.set(young, nameOf(asked), stored) }
}
