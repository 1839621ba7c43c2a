import type { Array, Schema } from "effect"
import type { DeployFields, RelationSpec, ResourceName } from "./DeployFields.ts"
import type { Kind, Spec } from "./Field.ts"

/** Tests of any scalar field. Those given are ANDed. */
export interface EqualityOperators<V> {
  readonly eq?: V
  /** The complement of `eq`: also lets null through. */
  readonly ne?: V
  /** At most 1,000 values; of an empty list nothing is a member. */
  readonly in?: ReadonlyArray<V>
  /** The complement of `in`: also lets null through. */
  readonly notIn?: ReadonlyArray<V>
  readonly isNull?: boolean
}

/** Tests of text, numbers and times. Text compares by code point. */
export interface OrderOperators<V> extends EqualityOperators<V> {
  readonly lt?: V
  readonly lte?: V
  readonly gt?: V
  readonly gte?: V
}

/** Tests of what text holds. No character is a wildcard; the `i` operators fold ASCII letters and no others. */
export interface MatchOperators {
  readonly startsWith?: string
  readonly endsWith?: string
  readonly iContains?: string
  readonly iStartsWith?: string
  readonly iEndsWith?: string
}

/** Tests of text. */
export interface TextOperators extends OrderOperators<string>, MatchOperators {
  readonly contains?: string
}

/**
 * Tests of what stands under `keys` in a JSON document, each key of one object deeper; no key indexes an array.
 *
 * A value compares with values of its own JSON type alone. What is missing is null, as JSON null is.
 */
export interface PathOperators extends EqualityOperators<Schema.Json>, MatchOperators {
  readonly keys: Array.NonEmptyReadonlyArray<string>
  readonly lt?: string | number
  readonly lte?: string | number
  readonly gt?: string | number
  readonly gte?: string | number
  /** A part of a string; given other JSON, containment. */
  readonly contains?: Schema.Json
  readonly hasKey?: string
}

/** Tests of a JSON document. */
export interface JsonOperators {
  readonly isNull?: boolean
  /** Containment as PostgreSQL's `@>`; a string, number or boolean is contained by its equal alone. */
  readonly contains?: Schema.Json
  /** Whether the document is an object with this key. */
  readonly hasKey?: string
  readonly path?: PathOperators
}

interface OperatorsByKind<Literal> {
  readonly id: EqualityOperators<string>
  readonly enum: EqualityOperators<Literal>
  readonly boolean: EqualityOperators<boolean>
  readonly text: TextOperators
  readonly number: OrderOperators<number>
  /** RFC 3339 with at most six fractional digits. */
  readonly time: OrderOperators<string>
  readonly json: JsonOperators
}

type OperatorsOf<S extends Spec> = S extends Spec<infer K, infer Literal> ? OperatorsByKind<Literal>[K] : never

type RelationFilter<R extends RelationSpec> =
  R extends RelationSpec<infer Target, infer Many>
    ? Many extends true
      ? { readonly [Quantifier in "some" | "every" | "none"]?: FilterOf<Target> }
      : FilterOf<Target> & { readonly isNull?: boolean }
    : never

type FieldFilters<Fields extends Readonly<Record<string, Spec>>> = {
  readonly [Name in keyof Fields]?: OperatorsOf<Fields[Name]>
}

type RelationFilters<Relations extends Readonly<Record<string, RelationSpec>>> = {
  readonly [Name in keyof Relations]?: RelationFilter<Relations[Name]>
}

/** A filter of one resource as a request writes it: tests of its fields and relations, and other filters. All are ANDed. */
export type FilterOf<Name extends ResourceName> = FieldFilters<(typeof DeployFields)[Name]["specs"]["fields"]> &
  RelationFilters<(typeof DeployFields)[Name]["specs"]["relations"]> & {
    readonly AND?: ReadonlyArray<FilterOf<Name>>
    /** Of an empty list nothing is let through. */
    readonly OR?: ReadonlyArray<FilterOf<Name>>
    readonly NOT?: FilterOf<Name>
  }

const equality = ["eq", "ne", "in", "notIn", "isNull"] as const
const ordering = [...equality, "lt", "lte", "gt", "gte"] as const
const matching = ["contains", "startsWith", "endsWith", "iContains", "iStartsWith", "iEndsWith"] as const

/** The operators that each kind of field has. */
export const operators = {
  id: equality,
  enum: equality,
  boolean: equality,
  text: [...ordering, ...matching],
  number: ordering,
  time: ordering,
  json: ["isNull", "contains", "hasKey", "path"]
} as const satisfies { readonly [K in Kind]: ReadonlyArray<keyof OperatorsByKind<never>[K]> }

/** The operators of `path`, beside its `keys`. */
export const pathOperators = [...ordering, ...matching, "hasKey"] as const satisfies ReadonlyArray<keyof PathOperators>

/** Any operator. */
export type Operator = (typeof operators)[Kind][number] | (typeof pathOperators)[number]

/** What a to-many relation asks of its rows. */
export const quantifiers = ["some", "every", "none"] as const
