import { Array, Result } from "effect"
import { type InputFault, InvalidInput } from "../domain/DeployError.ts"

/** What can be wrong with a request for a list: core's codes of any input, and the list's own. */
export type FaultCode =
  | "invalid"
  | "required"
  | "unknown"
  | "conflict"
  | "foreign_cursor"
  | "json"
  | "malformed_cursor"
  | "null"
  | "size"
  | "too_deep"
  | "too_many_nodes"
  | "too_many_values"

// What is wrong a hundred times is told well enough; a request of 64 KiB could hold ten thousand faults.
const most = 100

/** Gathers the faults of one input, so that a caller learns of all of them at once; of more than a hundred the first. */
export class Faults {
  readonly #found: Array<InputFault> = []

  /** Notes a fault at this JSON pointer, unless one of the kind is known of the same place. */
  add(fault: InputFault): void {
    const known = this.#found.some(({ code, path }) => path === fault.path && code === fault.code)
    if (!known && this.#found.length < most) this.#found.push(fault)
  }

  /** Whether nothing was wrong. */
  get none(): boolean {
    return this.#found.length === 0
  }

  /** The value, unless something was wrong. */
  orElse<A>(value: A): Result.Result<A, InvalidInput> {
    return Array.isArrayNonEmpty(this.#found)
      ? Result.fail(new InvalidInput({ faults: this.#found }))
      : Result.succeed(value)
  }
}
