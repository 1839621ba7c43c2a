import { JsonPointer } from "effect"
import { isStorableText } from "../domain/StorableJson.ts"
import type { FaultCode, Faults } from "./Faults.ts"
import { isObject } from "./JsonValue.ts"

/** A part of a request, and where it stands. What is wrong with it is noted, and reading it goes on. */
export class Input {
  readonly value: unknown
  readonly #faults: Faults
  readonly #above: readonly [parent: Input, key: string | number] | undefined

  constructor(value: unknown, faults: Faults, above?: readonly [parent: Input, key: string | number]) {
    this.value = value
    this.#faults = faults
    this.#above = above
  }

  /** The JSON pointer to it. */
  get path(): string {
    if (this.#above === undefined) return ""
    const [parent, key] = this.#above
    return `${parent.path}/${JsonPointer.escapeToken(String(key))}`
  }

  /** Notes what is wrong here. */
  fault(code: FaultCode, message: string): void {
    this.#faults.add({ path: this.path, code, message })
  }

  /** The value under a key, or at an index. */
  at(key: string | number, value: unknown): Input {
    return new Input(value, this.#faults, [this, key])
  }

  /** The entries of an object. */
  entries(): ReadonlyArray<readonly [key: string, value: Input]> {
    if (isObject(this.value)) return Object.entries(this.value).map(([key, value]) => [key, this.at(key, value)])
    this.fault("invalid", "Expected an object")
    return []
  }

  /** The items of an array. */
  items(): ReadonlyArray<Input> {
    if (Array.isArray(this.value)) return this.value.map((item: unknown, i) => this.at(i, item))
    this.fault("invalid", "Expected an array")
    return []
  }

  /** Text that a database keeps as it is. */
  text(): string {
    if (typeof this.value !== "string") this.fault("invalid", "Expected a string")
    else if (!isStorableText(this.value)) this.fault("invalid", unstorable)
    else return this.value
    return ""
  }

  /** True or false. */
  flag(): boolean {
    if (typeof this.value !== "boolean") this.fault("invalid", "Expected true or false")
    return this.value === true
  }
}

/** What is wrong with text that a database would not keep as it is. */
export const unstorable = "Expected text without NUL and without half a surrogate pair"
