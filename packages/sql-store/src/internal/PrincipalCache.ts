import type { Principal } from "@deploys/core"
import { Clock, Context, Effect, Layer, Option } from "effect"

/** How long who was let in is let in again without being looked up, in milliseconds. */
const lifetime = 1000

const most = 1000

/** Whose token it is, and in how many milliseconds it ends. */
interface Found {
  readonly principal: Principal
  readonly endsIn: number
}

/** Remembers for a second whose token it was. Who is not let in is never remembered. */
export class PrincipalCache extends Context.Service<
  PrincipalCache,
  {
    /** The principal of a token by its hash, looked up where it is not known. */
    readonly get: <E>(
      hash: string,
      lookup: Effect.Effect<Option.Option<Found>, E>
    ) => Effect.Effect<Option.Option<Principal>, E>
    /** Forgets everybody, also those whose lookup is under way. */
    readonly clear: Effect.Effect<void>
  }
>()("@deploys/sql-store/internal/PrincipalCache") {
  /** One for all that are built together. */
  static readonly layer = Layer.sync(PrincipalCache, () => {
    let known = new Map<string, { readonly principal: Principal; readonly until: bigint }>()
    return PrincipalCache.of({
      get: Effect.fnUntraced(function* (hash, lookup) {
        // A wall clock that is set back would let a revoked token in for as long as it went back.
        const now = yield* Clock.monotonicTimeNanos
        const entry = known.get(hash)
        if (entry !== undefined && now < entry.until) return Option.some(entry.principal)
        if (known.size >= most) known.clear()
        const asked = known
        const found = yield* lookup
        if (Option.isNone(found)) return Option.none()
        const { endsIn, principal } = found.value
        const millis = Math.max(0, Math.floor(Math.min(lifetime, endsIn)))
        // What was cleared meanwhile is not the map that this is kept in.
        asked.set(hash, { principal, until: now + BigInt(millis) * 1_000_000n })
        return Option.some(principal)
      }),
      clear: Effect.sync(() => {
        known = new Map()
      })
    })
  })
}
