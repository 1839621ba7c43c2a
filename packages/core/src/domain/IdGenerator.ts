import { Clock, Context, Effect, Layer, Random, Ref } from "effect"

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

/** 128 bits as 26 base32 digits, most significant first. */
const base32 = (bits: bigint) => {
  let digits = ""
  for (let shift = 125n; shift >= 0n; shift -= 5n) digits += alphabet.charAt(Number((bits >> shift) & 31n))
  return digits
}

/** The layout of a UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, version, 12 and 62 random bits, variant. */
const uuid7 = (millis: number, randA: number, randB: bigint) =>
  (BigInt(millis) << 80n) | (7n << 76n) | (BigInt(randA) << 64n) | (2n << 62n) | randB

/**
 * Makes TypeIDs: a prefix, `_`, and a time-ordered UUIDv7 in base32.
 *
 * Ids of one process are in order of time to the millisecond and no finer.
 */
export class IdGenerator extends Context.Service<
  IdGenerator,
  {
    /** The next id with this prefix, such as `dep`. */
    readonly next: (prefix: string) => Effect.Effect<string>
  }
>()("@deploys/core/IdGenerator") {
  /** Ids from the `Clock` and `Random` services. */
  static readonly layer = Layer.succeed(IdGenerator, {
    next: Effect.fnUntraced(function* (prefix: string) {
      const millis = yield* Clock.currentTimeMillis
      const randA = yield* Random.nextIntBetween(0, 0xfff)
      const high = yield* Random.nextIntBetween(0, 0x3fff_ffff)
      const low = yield* Random.nextIntBetween(0, 0xffff_ffff)
      return `${prefix}_${base32(uuid7(millis, randA, (BigInt(high) << 32n) | BigInt(low)))}`
    })
  })

  /** Ids that count up from 1, the same in every run: for tests that compare whole rows. */
  static readonly layerSequential = Layer.effect(
    IdGenerator,
    Effect.map(Ref.make(0n), (count) =>
      IdGenerator.of({
        next: (prefix) =>
          Effect.map(
            Ref.updateAndGet(count, (n) => n + 1n),
            (n) => `${prefix}_${base32(n)}`
          )
      })
    )
  )
}
