import type { Database } from "../internal/Database.ts"

/** What the statement of a list is written with: how a value becomes a parameter is told apart from what the value is. */
export interface ListDatabase extends Database {
  /** The parameter for a value, which is encoded so: now, or when the statement is run. */
  readonly parameter: <A>(value: A, encode: (value: A) => unknown) => unknown
}

/** A parameter whose value is known when the statement is run: that of this number, encoded so. */
export class Deferred {
  readonly at: number
  readonly encode: (value: never) => unknown

  constructor(at: number, encode: (value: never) => unknown) {
    this.at = at
    this.encode = encode
  }
}
