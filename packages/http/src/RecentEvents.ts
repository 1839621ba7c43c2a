/** An event as it goes over the wire. Only stored events have a number. */
export interface EncodedEvent {
  readonly bytes: Uint8Array
  readonly sequence: number | undefined
}

/** What a reader is owed, in one piece, and where it then stands. */
export interface Owed {
  readonly bytes: Uint8Array
  readonly position: number
  readonly sequence: number
}

/** Bytes that are kept for readers who fall behind; what was added last is kept whatever its size. */
const keptBytes = 64 * 1024

/**
 * The last events of one deploy, for all who read them here: a reader is a position, and nothing is kept for it.
 *
 * Positions count what was added. They begin behind the event with the number `after`.
 */
export const makeRecentEvents = (after: number) => {
  const entries: Array<{ readonly bytes: Uint8Array; readonly last: number }> = []
  let first = 0
  let base = after
  let last = after
  let size = 0
  let joined: { readonly from: number; readonly owed: Owed } | undefined

  const end = () => first + entries.length

  const forget = (before: number) => {
    while (size > keptBytes && first < before) {
      const oldest = entries.shift()
      if (oldest === undefined) return
      size -= oldest.bytes.length
      base = oldest.last
      first += 1
    }
  }

  return {
    add: (events: ReadonlyArray<EncodedEvent>) => {
      const before = end()
      for (const { bytes, sequence = last } of events) {
        last = sequence
        size += bytes.length
        entries.push({ bytes, last })
      }
      forget(before)
    },
    /** The number behind which everything is here. */
    base: () => base,
    /** Where a reader goes on that has seen this event; none where something behind it is gone. */
    positionAfter: (sequence: number): number | undefined => {
      if (sequence < base) return undefined
      const index = entries.findIndex((entry) => entry.last > sequence)
      return index < 0 ? end() : first + index
    },
    isGone: (position: number) => position < first,
    /** All from a position on, put together once for all who stand there; none where that is nothing. */
    from: (position: number): Owed | undefined => {
      if (position >= end()) return undefined
      if (joined?.from !== position || joined.owed.position !== end()) {
        const bytes = Buffer.concat(entries.slice(position - first).map((entry) => entry.bytes))
        joined = { from: position, owed: { bytes, position: end(), sequence: last } }
      }
      return joined.owed
    }
  }
}
