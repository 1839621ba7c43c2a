import { Schema } from "effect"

/** What a field holds. The kind decides which operators it has, and whether a list can be ordered by it. */
export type Kind = "id" | "enum" | "boolean" | "text" | "number" | "time" | "json"

/** A value as rows, filters and cursors hold it: times as canonical ISO text, numbers whole. */
export type Value = string | number | boolean

/** What a field holds, before a resource has given it a name. `Literal` is the values of an `enum`. */
export interface Spec<out K extends Kind = Kind, out Literal extends string = string> {
  readonly kind: K
  /** Whether it may hold null; a `json` field also counts JSON null as null. */
  readonly nullable: boolean
  /** The values of an `enum`; empty for other kinds. */
  readonly literals: ReadonlyArray<Literal>
  /** Those of its values that few rows have: a store may keep an index of them alone. */
  readonly rare: ReadonlyArray<NoInfer<Literal>>
  /** What one value, never null, has to fit. */
  readonly schema: Schema.Codec<unknown, unknown>
}

/** One field of a resource. */
export interface Field extends Spec {
  readonly name: string
}

const make = <K extends Kind>(kind: K, schema: Schema.Codec<unknown, unknown>): Spec<K, never> => ({
  kind,
  nullable: false,
  literals: [],
  rare: [],
  schema
})

/** An id of the domain. Ordered as text. */
export const id = (schema: Schema.Codec<unknown, unknown>) => make("id", schema)

/** One of a few texts. Ordered as text. */
export const oneOf = <const L extends string>(
  schema: Schema.Codec<L> & { readonly literals: ReadonlyArray<L> },
  options: { readonly rare?: ReadonlyArray<NoInfer<L>> } = {}
): Spec<"enum", L> => ({ ...make("enum", schema), literals: schema.literals, rare: options.rare ?? [] })

/** A flag. False comes before true. */
export const boolean = make("boolean", Schema.Boolean)

/** Text. Compared by code point. */
export const text = make("text", Schema.String)

/** A whole number. */
export const number = make("number", Schema.Int)

/** An instant at microseconds. */
export const time = (schema: Schema.Codec<unknown, unknown>) => make("time", schema)

/** A JSON value. It has no order. */
export const json = make("json", Schema.Json)

/** The same field with null among its values. */
export const nullable = <S extends Spec>(spec: S): S => ({ ...spec, nullable: true })

/** What the row holds in this field; null where it holds nothing. */
export const read = (row: object, field: Field): unknown => {
  const value: unknown = Reflect.get(row, field.name)
  return value ?? null
}
