import { Console, Effect } from "effect"
import { CliOutput } from "effect/cli"
import { setExitCode } from "./exitCode.ts"
import { tame } from "./tame.ts"

type UsageError = CliOutput.Presenter.InvalidInvocation["errors"][number]

/** What ends a command that was not asked rightly, as shells and their tools have it. */
const usageExitCode = 2

const expectation = (text: string) => text.replace(/^(Schema validation failed: )?(Expected:? )?/, "")

const said = (error: UsageError) => {
  if (error._tag !== "InvalidValue") return tame(error.message)
  const name = error.kind === "flag" ? `--${error.option}` : error.option
  return tame(`${name}: expected ${expectation(error.expected)}, got ${JSON.stringify(error.value)}`)
}

/** A command that can't be understood says so in one line for each fault, and where its help is. */
export const layer = CliOutput.layerPresenter({
  present: Effect.fnUntraced(function* (event) {
    if (event._tag !== "InvalidInvocation") return yield* CliOutput.defaultPresenter.present(event)
    const help = `(${event.commandPath.join(" ")} --help tells more)`
    yield* setExitCode(usageExitCode)
    yield* Console.error(event.errors.map((error) => `deploys: ${said(error)} ${help}`).join("\n"))
  })
})
