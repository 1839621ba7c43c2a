import type { Round } from "./measure.ts"

/** The middle one. */
export const median = (values: ReadonlyArray<number>) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

const head = [
  "server",
  "rps ratio",
  "min",
  "max",
  "cpu ratio",
  "all cpu ratio",
  "server µs",
  "pg µs",
  "p50 ms",
  "p99 ms",
  "MiB",
  "rps"
]

/** Ratios are to the first subject of the same round, the median over the rounds; the rest are medians too. */
export const tableOf = (rounds: ReadonlyArray<ReadonlyArray<Round>>): string => {
  const names = rounds[0]?.map(({ name }) => name) ?? []
  const lines = names.map((name, i) => {
    const of = (value: (round: Round) => number) =>
      rounds.map((round) => (round[i] === undefined ? 0 : value(round[i])))
    const ratios = (value: (round: Round) => number) =>
      rounds.map((round) => (round[i] === undefined || round[0] === undefined ? 0 : value(round[i]) / value(round[0])))
    const rps = ratios((round) => round.rps)
    return [
      name,
      median(rps).toFixed(2),
      Math.min(...rps).toFixed(2),
      Math.max(...rps).toFixed(2),
      (1 / median(ratios((round) => round.server))).toFixed(2),
      (1 / median(ratios((round) => round.server + round.database))).toFixed(2),
      ...[of((round) => round.server), of((round) => round.database)].map((values) => median(values).toFixed(0)),
      ...[of((round) => round.p50), of((round) => round.p99)].map((values) => median(values).toFixed(1)),
      median(of((round) => round.memory)).toFixed(0),
      median(of((round) => round.rps)).toFixed(0)
    ]
  })
  return [head, head.map((_, i) => (i === 0 ? "---" : "--:")), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n")
}
