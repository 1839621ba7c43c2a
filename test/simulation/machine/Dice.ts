import type { Random } from "effect"

const hash = (text: string): number => {
  let state = 0x811c9dc5
  for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
  return state >>> 0
}

/**
 * Seeded chance: effect's `Random`, and what a simulation draws by itself. Two dice of the same name fall alike, so one
 * draw more in one place changes nothing elsewhere.
 */
export class Dice implements Random.Random {
  readonly #name: string
  #state: number

  constructor(name: string) {
    this.#name = name
    this.#state = hash(name)
  }

  /** Dice of their own for one matter. */
  about(matter: string): Dice {
    return new Dice(`${this.#name}/${matter}`)
  }

  /** Whether these are about this matter. */
  isAbout(matter: string): boolean {
    return this.#name.includes(matter)
  }

  nextDoubleUnsafe(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  nextIntUnsafe(): number {
    return Math.floor((this.nextDoubleUnsafe() - 0.5) * 2 * Number.MAX_SAFE_INTEGER)
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.nextDoubleUnsafe() * (most - least + 1))
  }

  /** True in so many cases of one. */
  chance(share: number): boolean {
    return this.nextDoubleUnsafe() < share
  }

  /** One of these, each as likely as it occurs. */
  pick<A>(first: A, ...others: ReadonlyArray<A>): A {
    const index = this.between(0, others.length)
    return index === 0 ? first : (others[index - 1] ?? first)
  }
}
