/** Where a query is wrong, and how. */
export type Fault = readonly [path: string, code: string]

/** The parameters of a list that has to be refused, and all that is wrong with them. */
export interface BadQuery {
  readonly says: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly faults: ReadonlyArray<Fault>
  /** Where it can be asked for; in both if nothing is said. */
  readonly only?: "query" | "body"
}

const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value))

/** The parameters as a query string: `ids` with commas, what is no text as JSON. */
export const asQuery = (parameters: BadQuery["parameters"]): string =>
  Object.entries(parameters)
    .map(([name, value]) => [name, name === "ids" && Array.isArray(value) ? value.join(",") : textOf(value)] as const)
    .map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`)
    .join("&")

/** An object of one key, which may be `__proto__`. */
export const entry = (key: string, value: unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries([[key, value]])

/** Filters in each other, so many levels of them. */
export const nested = (levels: number, wrap: (inner: unknown) => unknown, innermost: unknown = {}) => {
  let filter = innermost
  for (let level = 1; level < levels; level++) filter = wrap(filter)
  return filter
}
