import { Schema } from "effect"

/** Whether a text can be stored: PostgreSQL takes neither a NUL nor half a surrogate pair. */
export const isStorableText = (text: string) => text.isWellFormed() && !text.includes("\0")

const isStorable = (value: Schema.Json): boolean => {
  if (typeof value === "string") return isStorableText(value)
  if (value === null || typeof value !== "object") return true
  return Object.entries(value).every(([key, child]) => isStorableText(key) && isStorable(child))
}

/** JSON without NUL and lone surrogates, in keys and texts, so that every store keeps it as it is. */
export const StorableJson = Schema.Json.check(
  Schema.makeFilter((value) => isStorable(value) || "JSON without NUL and lone surrogates")
)

/** The text with what can't be stored replaced by U+FFFD. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll("\0", "\ufffd")
