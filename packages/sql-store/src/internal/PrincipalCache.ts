import type { Principal } from "@deploys/core"
import { Clock, Context, Effect, Layer, Option } from "effect"

/** How long who was let in is let in again without being looked up, in milliseconds. */
const lifetime = 1000

const most = 1000

type Lookup<E> = Effect.Effect<Option.Option<Principal>, E>

/** Remembers for a second whose token it was. Who is not let in is never remembered. */
export class PrincipalCache extends Context.Service<
  PrincipalCache,
  {
    /** The principal of a token by its hash, looked up where it is not known. */
    readonly get: <E>(hash: string, lookup: Lookup<E>) => Lookup<E>
    /** Forgets everybody, also those whose lookup is under way. */
    readonly clear: Effect.Effect<void>
  }
>()("@deploys/sql-store/internal/PrincipalCache") {
  /** One for all that are built together. */
  static readonly layer = Layer.sync(PrincipalCache, () => {
    let known = new Map<string, { readonly principal: Option.Option<Principal>; readonly until: number }>()
    return PrincipalCache.of({
      get: Effect.fnUntraced(function* (hash, lookup) {
        const now = yield* Clock.currentTimeMillis
        const entry = known.get(hash)
        if (entry !== undefined && now < entry.until) return entry.principal
        if (known.size >= most) known.clear()
        const asked = known
        const principal = yield* lookup
        // What was cleared meanwhile is not the map that this is kept in.
        if (Option.isSome(principal)) asked.set(hash, { principal, until: now + lifetime })
        return principal
      }),
      clear: Effect.sync(() => {
        known = new Map()
      })
    })
  })
}
