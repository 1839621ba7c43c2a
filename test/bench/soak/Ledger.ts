/** What the server has answered, to be held against what it knows when all is over. */
export interface Ledger {
  /** Deploys whose creation was answered with a 201. */
  readonly created: Array<string>
  /** Those whose cancellation was answered with a 200. */
  readonly cancelled: Set<string>
  /** The last event of each stream that has ended. */
  readonly ended: Map<string, string>
  /** Requests by what they ask for, and answers that should not have come. */
  readonly counts: Map<string, number>
  readonly wrong: Array<string>
}

export const makeLedger = (): Ledger => ({
  created: [],
  cancelled: new Set(),
  ended: new Map(),
  counts: new Map(),
  wrong: []
})

/** One more of this kind. */
export const count = ({ counts }: Ledger, kind: string) => counts.set(kind, (counts.get(kind) ?? 0) + 1)
