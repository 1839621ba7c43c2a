/** Parameters that commands have in common. */
import { DeployId } from "@deploys/core"
import { Schema } from "effect"
import { Argument, Flag } from "effect/cli"

/** Reads a parameter's text by a schema; `expected` is what the error says. */
export const read = <A>(schema: Schema.Codec<A, string>, expected: string) => {
  const decode = Schema.decodeOption(schema)
  return [(text: string) => decode(text), () => expected] as const
}

const asDeployId = read(DeployId, "a deploy's id such as dep_01j00000000000000000000000")

/** The deploy that a command is about. */
export const deployId = Argument.String("ID").pipe(
  Argument.filterMap(...asDeployId),
  Argument.withDescription("Id of the deploy: dep_…")
)

/** Whether the output is for a program. */
export const json = (what: string) =>
  Flag.Boolean("json").pipe(Flag.withDescription(what), Flag.withDefault(false), Flag.withoutNegation)

/** Why something is asked for. */
export const reason = (what: string) => Flag.String("reason").pipe(Flag.withDescription(what), Flag.optional)
