import type { Schema } from "effect"
import type { Chance } from "./Chance.ts"
import * as strange from "./strange.ts"

const entries = (value: Schema.Json): ReadonlyArray<readonly [string, Schema.Json]> =>
  typeof value === "object" && value !== null ? Object.entries(value) : []

/** Every place in a value, as the keys that lead there. */
const places = (value: Schema.Json, at: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> => [
  at,
  ...entries(value).flatMap(([key, child]) => places(child, [...at, key]))
]

/** The value as text, with other text at one place. */
const written = (value: Schema.Json, at: ReadonlyArray<string>, text: string): string => {
  const [key, ...rest] = at
  if (key === undefined) return text
  if (Array.isArray(value))
    return `[${value.map((child, index) => (String(index) === key ? written(child, rest, text) : JSON.stringify(child))).join(",")}]`
  const fields = entries(value).map(([name, child]) => {
    const body = name === key ? written(child, rest, text) : JSON.stringify(child)
    return `${JSON.stringify(name)}:${body}`
  })
  return `{${fields.join(",")}}`
}

const valueAt = (value: Schema.Json, at: ReadonlyArray<string>): Schema.Json =>
  at.reduce<Schema.Json>((found, key) => Object(found)[key], value)

/** A body as JSON, with one thing or two wrong with it; now and then with nothing wrong, so that more is reached. */
export const mutateJson = (chance: Chance, value: Schema.Json): string => {
  const at = chance.any(places(value)) ?? []
  const here = valueAt(value, at)
  const text = JSON.stringify(here)
  const key = JSON.stringify(chance.pick(strange.texts))
  const isRecord = text.startsWith("{") && text !== "{}"
  switch (chance.below(8)) {
    case 0:
      return JSON.stringify(value)
    case 1:
      return written(value, at, JSON.stringify(chance.pick(strange.texts)))
    case 2:
      return written(value, at, `[${text},${text}]`)
    case 3:
      return isRecord ? written(value, at, `${text.slice(0, -1)},${key}:${chance.pick(strange.json)}}`) : "[]"
    case 4:
      return isRecord ? written(value, at, `${text.slice(0, -1)},${text.slice(1)}`) : `${text}${text}`
    case 5:
      return isRecord ? written(value, at, JSON.stringify(Object.fromEntries(entries(here).slice(1)))) : text
    default:
      return written(value, at, chance.pick(strange.json))
  }
}
