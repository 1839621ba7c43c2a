// What the hand-written servers have in common: node:http, and a pool of pg.
import { createServer } from "node:http"
import { Pool, types } from "pg"

/** `2026-01-01 00:00:01.5+00` as the API writes times. A Date would lose the microseconds. */
const iso = (text) => {
  const [whole, fraction = ""] = text.slice(11, -3).split(".")
  return `${text.slice(0, 10)}T${whole}.${fraction.padEnd(6, "0")}Z`
}

types.setTypeParser(types.builtins.TIMESTAMPTZ, iso)

export const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10, options: "-c TimeZone=UTC" })

export const scopes = { one: ["ws_3"], five: ["ws_1", "ws_2", "ws_3", "ws_4", "ws_5"], all: "all" }

const cursorOf = (row) =>
  row === undefined
    ? null
    : Buffer.from(JSON.stringify([1, "-createdAt-id", row.createdAt, row.id])).toString("base64url")

/** The page as our API answers with it: rows, exact flags and cursors. */
export const pageOf = (found, total) => {
  const data = found.slice(0, 100)
  return JSON.stringify({
    data,
    pageInfo: {
      total,
      hasNextPage: found.length > 100,
      hasPreviousPage: false,
      startCursor: cursorOf(data[0]),
      endCursor: cursorOf(data.at(-1))
    }
  })
}

/** Answers each request with the page that `list` finds. */
export const serve = (list) => {
  const server = createServer(async (request, response) => {
    try {
      const { pathname, searchParams } = new URL(request.url, "http://localhost")
      const body = await list({
        scope: scopes[pathname.slice(1)],
        statuses: searchParams.get("statuses").split(","),
        since: searchParams.get("since"),
        total: searchParams.get("total") === "true"
      })
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
      response.end(body)
    } catch (error) {
      response.writeHead(500)
      response.end(String(error.stack))
    }
  })
  server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })))
}
