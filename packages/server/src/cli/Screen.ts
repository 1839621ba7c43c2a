import { Clock, Context, Effect, Layer, Option, Ref, Stdio, Terminal } from "effect"
import { CliOutput, TerminalCapabilities } from "effect/cli"

/** What is written in colour. */
export interface Style {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
}

const ansi = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`
const same = (text: string) => text

/** Styles for terminals with and without colour. */
export const styles = {
  colour: { good: ansi(32), bad: ansi(31), strong: ansi(1), faint: ansi(2) },
  plain: { good: same, bad: same, strong: same, faint: same }
} satisfies Record<string, Style>

/** A line that is drawn anew again and again; `tick` counts up while it stands. */
export type LiveLine = (tick: number) => string

/** Where a command shows what it does. */
export class Screen extends Context.Service<
  Screen,
  {
    readonly style: Style
    /** Writes a line that stays. */
    readonly print: (line: string) => Effect.Effect<void>
    /** Shows a line below those that stay, in place of the last one; null takes it away. Without a terminal: nothing. */
    readonly live: (line: LiveLine | null) => Effect.Effect<void>
  }
>()("@deploys/server/Screen") {
  /** Standard output: with a live line where it is a terminal, else lines alone. */
  static readonly layer = Layer.effect(
    Screen,
    Effect.suspend(() => make)
  )

  /** Nothing at all, for commands whose output is for programs. */
  static readonly layerSilent = Layer.succeed(Screen, {
    style: styles.plain,
    print: () => Effect.void,
    live: () => Effect.void
  })
}

const clearLine = "\r\u001b[2K"
const hideCursor = "\u001b[?25l"
const showCursor = "\u001b[?25h"
const redrawMillis = 100

/** A live line that wraps could not be taken away again. Colours do not count; a line that is too long loses them. */
const fit = (line: string, columns: number) => {
  if (CliOutput.displayWidth(line) < columns) return line
  // oxlint-disable-next-line no-control-regex -- the sequences that colour text begin with a control character
  const bare = line.replaceAll(/\u001b\[\d+m/g, "")
  return `${bare.slice(0, Math.max(0, columns - 2))}…`
}

const make = Effect.gen(function* () {
  const terminal = yield* Terminal.Terminal
  const capabilities = yield* TerminalCapabilities.TerminalCapabilities
  const style = capabilities.canColor ? styles.colour : styles.plain
  const write = (text: string) => Effect.ignore(terminal.display(text))
  if (!(yield* (yield* Stdio.Stdio).stdoutIsTerminal) || !capabilities.canAnimate)
    return Screen.of({ style, print: (line) => write(`${line}\n`), live: () => Effect.void })

  const shown = yield* Ref.make(Option.none<LiveLine>())
  const draw = Effect.gen(function* () {
    const line = yield* Ref.get(shown)
    if (Option.isNone(line)) return ""
    const tick = Math.floor((yield* Clock.currentTimeMillis) / redrawMillis)
    return hideCursor + fit(line.value(tick), yield* terminal.columns)
  })
  const redraw = Effect.flatMap(draw, (line) => write(clearLine + line))
  // Drawn by the clock alone: news may come thousands of times in a second.
  const live = (line: LiveLine | null) =>
    Effect.flatMap(Ref.getAndSet(shown, Option.fromNullishOr(line)), (before) =>
      line === null && Option.isSome(before) ? write(clearLine + showCursor) : Effect.void
    )
  yield* Effect.addFinalizer(() => live(null))
  yield* Effect.forkScoped(
    Effect.forever(Effect.delay(Effect.when(redraw, Effect.map(Ref.get(shown), Option.isSome)), redrawMillis))
  )
  return Screen.of({
    style,
    live,
    print: (line) => Effect.flatMap(draw, (below) => write(`${clearLine}${line}\n${below}`))
  })
})
