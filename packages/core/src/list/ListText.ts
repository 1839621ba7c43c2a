import { Result } from "effect"
import type { InvalidInput } from "../domain/DeployError.ts"
import { Faults } from "./Faults.ts"
import { Input } from "./Input.ts"
import type { ListOptions } from "./ListOptions.ts"
import { toOptions } from "./ListRequest.ts"

// A query string may be longer than a filter has any need to be; what is too long is not even parsed.
const maxJsonBytes = 16 * 1024

const parseJson = (text: string) => Result.try((): unknown => JSON.parse(text))

const bytes = (text: string) => new TextEncoder().encode(text).length

const jsonOf = (input: Input, text: string): unknown => {
  if (text.length * 3 > maxJsonBytes && bytes(text) > maxJsonBytes) {
    input.fault("size", "Expected at most 16 KiB")
    return undefined
  }
  const json = parseJson(text)
  if (Result.isSuccess(json)) return json.success
  input.fault("json", "Expected JSON")
  return undefined
}

const valueOf = (name: string, text: string, input: Input): unknown => {
  switch (name) {
    case "limit":
      return /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : text
    case "total":
      return text === "true" || text === "false" ? text === "true" : text
    case "ids":
      return text.split(",")
    case "filter":
    case "orderBy":
      return jsonOf(input, text)
    default:
      return text
  }
}

/**
 * Reads the options of a list where each is text, as in a query string: `filter` and `orderBy` are JSON of at most 16 KiB,
 * `ids` is comma-separated. Names are those of `ListOptions`. Fails with all faults at once.
 */
export const decodeListText = (
  parameters: Readonly<Record<string, string>>
): Result.Result<ListOptions, InvalidInput> => {
  const faults = new Faults()
  const root = new Input(parameters, faults)
  const entries = Object.entries(parameters).map(
    ([name, text]) => [name, valueOf(name, text, root.at(name, text))] as const
  )
  return toOptions(Object.fromEntries(entries.filter(([, value]) => value !== undefined)), faults)
}
