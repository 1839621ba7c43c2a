import { Agent, request, type IncomingMessage } from "node:http"
import { text } from "node:stream/consumers"

/** What came back. */
export interface Answer {
  readonly status: number
  readonly text: string
}

/** A caller with one connection, which stays open. */
export interface Client {
  readonly ask: (path: string, body?: string | Uint8Array, headers?: Record<string, string>) => Promise<Answer>
  /** The same as it comes in. */
  readonly open: (path: string, headers?: Record<string, string>) => Promise<IncomingMessage>
  readonly close: () => void
}

/** Calls the server with a token. */
export const makeClient = (url: string, token: string): Client => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const open = (path: string, headers: Record<string, string> = {}, body?: string | Uint8Array) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const method = body === undefined ? "GET" : "POST"
      const type =
        body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
      const asked = { agent, method, headers: { authorization: `Bearer ${token}`, ...type, ...headers } }
      request(`${url}${path}`, asked, resolve).on("error", reject).end(body)
    })
  return {
    open,
    ask: async (path, body, headers) => {
      const response = await open(path, headers, body)
      return { status: response.statusCode ?? 0, text: await text(response) }
    },
    close: () => agent.destroy()
  }
}
