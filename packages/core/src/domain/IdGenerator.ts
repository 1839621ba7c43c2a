import { Clock, Context, Effect, Layer, Random, Ref } from "effect"

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const digits = new Map(Array.from(alphabet, (digit, value) => [value.toString(32), digit]))

/** 128 bits as 26 base32 digits, most significant first. JavaScript's own digits are others from `i` on. */
const base32 = (bits: bigint) => {
  let text = ""
  for (const digit of bits.toString(32).padStart(26, "0")) text += digits.get(digit) ?? digit
  return text
}

/** The layout of a UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, version, 12 and 62 random bits, variant. */
const uuid7 = (millis: number, randA: number, randB: bigint) =>
  (BigInt(millis) << 80n) | (7n << 76n) | (BigInt(randA) << 64n) | (2n << 62n) | randB

/** Makes TypeIDs: a prefix such as `dep`, `_`, and a UUIDv7 in base32. */
export interface Ids {
  /** The next id with this prefix. */
  readonly next: (prefix: string) => Effect.Effect<string>
}

const timeOrdered: Ids = {
  next: Effect.fnUntraced(function* (prefix: string) {
    const millis = yield* Clock.currentTimeMillis
    const randA = yield* Random.nextIntBetween(0, 0xfff)
    const high = yield* Random.nextIntBetween(0, 0x3fff_ffff)
    const low = yield* Random.nextIntBetween(0, 0xffff_ffff)
    return `${prefix}_${base32(uuid7(millis, randA, (BigInt(high) << 32n) | BigInt(low)))}`
  })
}

/**
 * Where ids come from. By default from the `Clock` and `Random` services: ids of one process are in order of time to the
 * millisecond and no finer.
 */
export const IdGenerator = Context.Reference<Ids>("@deploys/core/IdGenerator", { defaultValue: () => timeOrdered })

/** Ids that count up from 1, the same in every run: for tests that compare whole rows. */
export const layerSequentialIds: Layer.Layer<never> = Layer.effect(
  IdGenerator,
  Effect.map(Ref.make(0n), (count) => ({
    next: (prefix: string) =>
      Effect.map(
        Ref.updateAndGet(count, (n) => n + 1n),
        (n) => `${prefix}_${base32(n)}`
      )
  }))
)
