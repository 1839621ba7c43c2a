import { type InputFault, InvalidInput } from "@deploys/core"
import { Array, Result } from "effect"

const pairs = [
  ["workspace_id", "workspaceId"],
  ["entity_id", "entityId"],
  ["build_id", "buildId"],
  ["created_by", "createdBy"]
] as const

const others: ReadonlyMap<string, string> = new Map(pairs.flatMap(([api, core]) => [[api, core] as const, [core, api]]))

/**
 * A parameter's name in the API for its name in core, and the other way round. Where the two differ, each side's own name
 * becomes one that the other side does not know.
 */
export const otherName = (name: string): string => others.get(name) ?? name

const otherPath = (fault: InputFault): InputFault => {
  const [, name = "", ...deeper] = fault.path.split("/")
  return fault.path === "" ? fault : { ...fault, path: ["", otherName(name), ...deeper].join("/") }
}

/** The entries under their other names. */
export const renamed = <A>(entries: ReadonlyArray<readonly [name: string, value: A]>): Readonly<Record<string, A>> =>
  Object.fromEntries(entries.map(([name, value]) => [otherName(name), value]))

/** What core has found wrong, by the names of the API. */
export const byApiNames = <A>(decoded: Result.Result<A, InvalidInput>): Result.Result<A, InvalidInput> =>
  Result.mapError(decoded, ({ faults }) => new InvalidInput({ faults: Array.map(faults, otherPath) }))
