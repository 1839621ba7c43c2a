import { CliOutput } from "effect/cli"

const gap = "  "

const padded = (cell: string, width: number) => cell + " ".repeat(Math.max(0, width - CliOutput.displayWidth(cell)))

/** Rows of cells as lines, with columns as wide as their widest cell. Colours take no room. */
export const tableLines = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths: Array<number> = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, CliOutput.displayWidth(cell))
    }
  }
  return rows.map((row) =>
    row
      .map((cell, index) => padded(cell, widths[index] ?? 0))
      .join(gap)
      .trimEnd()
  )
}
