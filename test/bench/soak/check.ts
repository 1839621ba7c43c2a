import type { Client } from "./client.ts"
import type { Ledger } from "./Ledger.ts"

interface Row {
  readonly id: string
  readonly status: string
  readonly failureCode: string | null
}

const everything = async (client: Client) => {
  const rows = new Map<string, Row>()
  for (let after = ""; ;) {
    const { text } = await client.ask(`/api/deploys?limit=100&total=false${after}`)
    const { data, pageInfo }: { data: Array<Row>; pageInfo: { hasNextPage: boolean; endCursor: string } } =
      JSON.parse(text)
    for (const row of data) rows.set(row.id, row)
    if (!pageInfo.hasNextPage) return rows
    after = `&after=${pageInfo.endCursor}`
  }
}

/** What was answered and is not so. */
export const check = async (client: Client, { cancelled, created, ended }: Ledger): Promise<ReadonlyArray<string>> => {
  const rows = await everything(client)
  return [
    ...created.filter((id) => !rows.has(id)).map((id) => `${id} was created and is not there`),
    ...[...cancelled]
      .filter((id) => rows.get(id)?.failureCode !== "cancelled")
      .map((id) => `${id} was cancelled and is ${rows.get(id)?.status}`),
    ...[...ended]
      .filter(([id, type]) => type !== `deploy.${rows.get(id)?.status}` && type !== "deploy.settled")
      .map(([id, type]) => `a stream of ${id} ended with ${type}, and the deploy is ${rows.get(id)?.status}`),
    ...(new Set(created).size === created.length ? [] : ["two creates were answered with one deploy"])
  ]
}
