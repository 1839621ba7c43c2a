/** Numbers that follow from a seed alone, so that a run can be had again. */
export interface Chance {
  /** A whole number from 0 to below `end`. */
  readonly below: (end: number) => number
  readonly pick: <A>(values: readonly [A, ...ReadonlyArray<A>]) => A
  /** One of them; `undefined` where there is none. */
  readonly any: <A>(values: ReadonlyArray<A>) => A | undefined
}

/** Mulberry32. */
export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    below,
    pick: (values) => values[below(values.length)] ?? values[0],
    any: (values) => values[below(values.length)]
  }
}
