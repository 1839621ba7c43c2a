import type { Client } from "./client.ts"
import { count, type Ledger } from "./Ledger.ts"

interface Read {
  readonly last: number
  readonly type: string
}

/** Reads events up to the end, or up to `most` of them; each has to be the one behind the event before it. */
const read = async (client: Client, id: string, from: number, most: number, ledger: Ledger): Promise<Read> => {
  const response = await client.open(`/api/deploys/${id}/events`, from === 0 ? {} : { "last-event-id": String(from) })
  if (response.statusCode !== 200) ledger.wrong.push(`the events of ${id} are answered ${response.statusCode}`)
  let [last, type, text] = [from, "", ""]
  for await (const chunk of response) {
    text += String(chunk)
    const blocks = text.split("\n\n")
    text = blocks.pop() ?? ""
    for (const block of blocks) {
      const sequence = /^id: (\d+)$/m.exec(block)?.[1]
      if (sequence === undefined) continue
      if (Number(sequence) !== last + 1) ledger.wrong.push(`a stream of ${id} goes from ${last} to ${sequence}`)
      last = Number(sequence)
      type = /^event: (\S+)$/m.exec(block)?.[1] ?? ""
    }
    // Leaving the loop closes the connection; the next request opens another.
    if (last - from >= most) break
  }
  return { last, type }
}

/** Follows a deploy to its end. A hasty reader leaves after three events and comes back for the rest. */
export const follow = async (client: Client, id: string, isHasty: boolean, ledger: Ledger) => {
  count(ledger, isHasty ? "streams, cut and resumed" : "streams")
  const first = isHasty ? await read(client, id, 0, 3, ledger) : { last: 0, type: "" }
  const rest = await read(client, id, first.last, Infinity, ledger)
  // A short story may be read to its end before the reader leaves.
  ledger.ended.set(id, rest.type === "" ? first.type : rest.type)
}
