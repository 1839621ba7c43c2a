import { type Filter, type Keyset, Order, type QueryPlan } from "@deploys/core"
import { tooMany } from "./byWorkspace.ts"
import { pageSize } from "./pageSize.ts"

/** A plan without its values. Plans of one `key` have the same SQL text. */
export interface Shape {
  readonly key: string
  /** The values, in the order in which they were met. */
  readonly values: ReadonlyArray<unknown>
  /** The plan with a stand-in for each value. */
  readonly plan: QueryPlan
  /** The number of the value that each stand-in stands for. */
  readonly standIns: ReadonlyMap<unknown, number>
}

/** Tells a plan's values from the rest of it. True and false stay: they are few, and the order's conditions depend on them. */
export const shapeOf = (plan: QueryPlan): Shape => new Shaper().shape(plan)

class Shaper {
  #key = ""
  readonly #values: Array<unknown> = []
  readonly #standIns = new Map<unknown, number>()

  shape(plan: QueryPlan): Shape {
    const { limit, order, position, total } = plan
    this.#key = `${Order.fingerprint(order)} ${pageSize(limit)} ${total} `
    const shape = { ...plan, filter: this.#filter(plan.filter), position: position && this.#position(position) }
    return { key: this.#key, values: this.#values, plan: shape, standIns: this.#standIns }
  }

  #position({ side, values }: Keyset.Position): Keyset.Position {
    this.#key += ` ${side}`
    return { side, values: values.map((value) => (value === null ? this.#same("null", null) : this.#scalar(value))) }
  }

  #filter(filter: Filter.Filter): Filter.Filter {
    switch (filter._tag) {
      case "Constant":
        return this.#same(String(filter.value), filter)
      case "And":
      case "Or": {
        this.#key += `${filter._tag}(`
        const filters = filter.filters.map((part) => this.#filter(part))
        return this.#same(")", { ...filter, filters })
      }
      case "Related": {
        const { negated, relation } = filter
        this.#key += `${negated ? "!" : ""}${relation.name}(`
        return this.#same(")", { ...filter, filter: this.#filter(filter.filter) })
      }
      default:
        return this.#leaf(filter)
    }
  }

  #leaf(leaf: Exclude<Filter.Filter, Filter.And | Filter.Or | Filter.Related | Filter.Constant>): Filter.Filter {
    this.#key += `${leaf.negated ? "!" : ""}${leaf.field.name}.${leaf._tag}[`
    const keys = leaf.keys.map((key) => this.#scalar(key))
    this.#key += "]"
    switch (leaf._tag) {
      case "IsNull":
        return { ...leaf, keys }
      case "In":
        return { ...leaf, keys, values: this.#list(leaf.values) }
      case "Range":
        return { ...leaf, keys, value: this.#same(leaf.operator, this.#scalar(leaf.value)) }
      case "Match":
        return { ...leaf, keys, value: this.#same(`${leaf.at}${leaf.ignoreCase}`, this.#scalar(leaf.value)) }
      case "Contains":
        return { ...leaf, keys, value: this.#json(leaf.value) }
      case "HasKey":
        return { ...leaf, keys, key: this.#scalar(leaf.key) }
    }
  }

  #same<A>(key: string, value: A): A {
    this.#key += `${key},`
    return value
  }

  #scalar(value: string): string
  #scalar(value: number): number
  #scalar(value: string | number): string | number
  #scalar(value: string | number | boolean): string | number | boolean
  #scalar(value: string | number | boolean): string | number | boolean {
    if (typeof value === "boolean") return this.#same(String(value), value)
    const number = this.#values.length
    return this.#standIn(value, typeof value === "string" ? `?${number}` : number + 0.5, typeof value)
  }

  #json(value: Filter.Contains["value"]): Filter.Contains["value"] {
    return typeof value === "object" ? this.#standIn(value, {}, "object") : this.#scalar(value)
  }

  /** One value, several, or so many that `byWorkspace` minds: a list stands for all of its kind. */
  #list(values: Filter.In["values"]): Filter.In["values"] {
    const [first] = values
    if (values.length === 1 && first !== undefined) return [this.#json(first)]
    const length = values.length < tooMany ? 2 : tooMany
    return this.#standIn<Filter.In["values"]>(
      values,
      Array.from({ length }, () => ""),
      `list${length}`
    )
  }

  #standIn<A>(value: A, standIn: A, kind: string): A {
    this.#standIns.set(standIn, this.#values.length)
    this.#values.push(value)
    return this.#same(kind, standIn)
  }
}
