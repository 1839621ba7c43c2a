import { describeResource, type ResourceName } from "./DeployFields.ts"
import type { FaultCode } from "./Faults.ts"
import type { Input } from "./Input.ts"
import { isObject } from "./JsonValue.ts"

/** How deep filters may stand in each other; a relation's quantifier counts as one more. */
export const maxDepth = 8

/** How many filters and operators a filter may hold, itself among them. */
export const maxNodes = 200

/** How many values a list may hold. */
export const maxValues = 1_000

/**
 * Whether a filter keeps the limits, found out without recursion and before anything else is done with it. Only the first
 * excess is noted, and what is wrong with the filter otherwise is left for later.
 */
export const keepsLimits = (filter: Input): boolean => new Survey(filter).keepsLimits()

/** A filter that is still to be looked through. */
interface Pending {
  readonly filter: Input
  readonly resource: ResourceName
  readonly depth: number
}

class Survey {
  readonly #whole: Input
  readonly #pending: Array<Pending> = []
  #nodes = 0
  #kept = true

  constructor(whole: Input) {
    this.#whole = whole
  }

  keepsLimits(): boolean {
    this.#add({ filter: this.#whole, resource: "deploy", depth: 1 })
    // Filters found on the way join the end of the list that is being gone through.
    for (const { depth, filter, resource } of this.#pending) {
      for (const [key, value] of filter.entries()) {
        if (this.#kept) this.#look(key, value, resource, depth)
      }
    }
    return this.#kept
  }

  #look(key: string, value: Input, resource: ResourceName, depth: number): void {
    const { fields, relations } = describeResource(resource)
    const relation = relations.get(key)
    if (key === "NOT") this.#add({ filter: value, resource, depth: depth + 1 })
    else if (key === "AND" || key === "OR") {
      if (Array.isArray(value.value)) this.#addAll(value.items(), resource, depth + 1)
    } else if (fields.has(key)) this.#lookAtOperators(value)
    else if (relation?.many === false) {
      if (isObject(value.value) && Object.hasOwn(value.value, "isNull")) this.#count()
      this.#add({ filter: value, resource: relation.target, depth: depth + 1 })
    } else if (relation !== undefined && isObject(value.value)) {
      this.#addAll(
        value.entries().map(([, filter]) => filter),
        relation.target,
        depth + 2
      )
    }
  }

  #lookAtOperators(operators: Input): void {
    if (!isObject(operators.value)) return
    for (const [name, operand] of operators.entries()) {
      if (name !== "keys") this.#count()
      if (name === "path") this.#lookAtOperators(operand)
      if (lists.has(name) && Array.isArray(operand.value) && operand.value.length > maxValues) {
        this.#exceeds(operand, "too_many_values", `Expected at most ${maxValues} values`)
      }
    }
  }

  #addAll(filters: ReadonlyArray<Input>, resource: ResourceName, depth: number): void {
    for (const filter of filters) if (this.#kept) this.#add({ filter, resource, depth })
  }

  #add(pending: Pending): void {
    if (!isObject(pending.filter.value)) return
    if (pending.depth > maxDepth)
      this.#exceeds(pending.filter, "too_deep", `Expected at most ${maxDepth} levels of filters`)
    this.#pending.push(pending)
    this.#count()
  }

  #count(): void {
    this.#nodes += 1
    if (this.#nodes > maxNodes) {
      this.#exceeds(this.#whole, "too_many_nodes", `Expected at most ${maxNodes} filters and operators`)
    }
  }

  #exceeds(input: Input, code: FaultCode, message: string): void {
    if (this.#kept) input.fault(code, message)
    this.#kept = false
  }
}

const lists = new Set(["in", "notIn", "keys"])
