import { median } from "../lists/table.ts"

/** One round of one peer; all but the rate are for one deploy. */
export interface Measured {
  readonly name: string
  readonly perSecond: number
  /** Processor time of the process, in milliseconds. */
  readonly cpu: number
  readonly commits: number
  readonly writes: number
  readonly fsyncs: number
}

const head = ["peer", "ours is × it", "min", "max", "deploys/s", "node ms", "commits", "writing commits", "fsyncs"]

/** Ratios are of the first peer, which is ours, to each in the same round, the median over the rounds; the rest are medians too. */
export const tableOf = (rounds: ReadonlyArray<ReadonlyArray<Measured>>): string => {
  const names = rounds[0]?.map(({ name }) => name) ?? []
  const lines = names.map((name, i) => {
    const of = (value: (each: Measured) => number) =>
      median(rounds.flatMap((round) => (round[i] === undefined ? [] : [value(round[i])])))
    const ratios = rounds.map((round) => (round[0]?.perSecond ?? 0) / (round[i]?.perSecond ?? 1))
    return [
      name,
      ...[median(ratios), Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2)),
      of(({ perSecond }) => perSecond).toFixed(0),
      ...[
        of(({ cpu }) => cpu),
        of(({ commits }) => commits),
        of(({ writes }) => writes),
        of(({ fsyncs }) => fsyncs)
      ].map((value) => value.toFixed(2))
    ]
  })
  return [head, head.map((_, i) => (i === 0 ? "---" : "--:")), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n")
}
