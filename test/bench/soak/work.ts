import { chanceOf, type Chance } from "../../fuzz/Chance.ts"
import { type Client, makeClient } from "./client.ts"
import { follow } from "./follow.ts"
import { count, type Ledger } from "./Ledger.ts"

/** Whom to ask, about what, and until when. */
export interface Task {
  readonly url: string
  readonly token: string
  readonly builds: ReadonlyArray<string>
  readonly until: number
}

/** Connections that follow what they deploy. */
const followers = 16

const lists = [
  "limit=20",
  `limit=50&filter=${encodeURIComponent('{"status":{"in":["running","pending"]}}')}`,
  `filter=${encodeURIComponent('{"steps":{"some":{"status":{"eq":"completed"}}}}')}&total=false&limit=10`,
  `orderBy=${encodeURIComponent('[{"completedAt":"desc_nulls_last"},{"sequenceNumber":"asc"}]')}&limit=100`
]

const get = async (client: Client, chance: Chance, ledger: Ledger) => {
  const { created, wrong } = ledger
  const id = chance.any(created)
  if (id === undefined) return
  count(ledger, "reads")
  const { status } = await client.ask(`/api/deploys/${id}`)
  if (status !== 200) wrong.push(`${id} is answered ${status}`)
}

const list = async (client: Client, chance: Chance, ledger: Ledger) => {
  count(ledger, "lists")
  const query = chance.any(lists) ?? ""
  const { status } = await client.ask(`/api/deploys?${query}`)
  if (status !== 200) ledger.wrong.push(`the list ${query} is answered ${status}`)
}

const cancel = async (client: Client, id: string, ledger: Ledger) => {
  count(ledger, "cancels")
  const { status } = await client.ask(`/api/deploys/${id}/cancel`, JSON.stringify({ reason: "soaked" }))
  if (status === 200) ledger.cancelled.add(id)
  else if (status !== 409) ledger.wrong.push(`the cancel of ${id} is answered ${status}`)
}

/** Answers with the new deploy's id, if there is one. */
const create = async (
  client: Client,
  chance: Chance,
  { builds }: Task,
  ledger: Ledger
): Promise<string | undefined> => {
  count(ledger, "creates")
  const { status, text } = await client.ask("/api/deploys", JSON.stringify({ buildId: chance.any(builds) }))
  if (status !== 201) {
    ledger.wrong.push(`a create is answered ${status} ${text}`)
    return undefined
  }
  const { id }: { id: string } = JSON.parse(text)
  ledger.created.push(id)
  return id
}

/** Cancels one of the newest deploys, which somebody may be following, or else one of its own. */
const stop = async (client: Client, chance: Chance, task: Task, ledger: Ledger) => {
  const newest = ledger.created.slice(-followers)
  const id = chance.below(2) === 0 ? chance.any(newest) : await create(client, chance, task, ledger)
  if (id !== undefined) await cancel(client, id, ledger)
}

const look = async (client: Client, chance: Chance, task: Task, ledger: Ledger) => {
  const kind = chance.below(10)
  if (kind < 5) await get(client, chance, ledger)
  else if (kind < 9) await list(client, chance, ledger)
  else await stop(client, chance, task, ledger)
}

const deployAndFollow = async (client: Client, chance: Chance, task: Task, ledger: Ledger) => {
  const id = await create(client, chance, task, ledger)
  if (id !== undefined) await follow(client, id, chance.below(4) === 0, ledger)
}

/** One connection's worth of requests, each after the other: some deploy and follow, the others do all the rest. */
export const work = async (number: number, task: Task, ledger: Ledger) => {
  const client = makeClient(task.url, task.token)
  const chance = chanceOf(number)
  const once = number < followers ? deployAndFollow : look
  while (performance.now() < task.until) {
    await once(client, chance, task, ledger).catch((error) => ledger.wrong.push(`a request broke: ${error}`))
  }
  client.close()
}
