import { connect } from "node:net"
import type { Sent } from "./mutateRequest.ts"

/** What came back from a socket until it was closed. */
export interface Received {
  readonly text: string
  readonly millis: number
  /** Whether the server kept it open for longer than anybody waits. */
  readonly stuck: boolean
}

const patience = 20_000

/** A client that sent half a request leaves once it has an answer, and at the latest after so long. */
const halfMillis = 150

/** Sends bytes on a connection of their own. */
export const send = ({ bytes, ends }: Sent, port: number): Promise<Received> =>
  new Promise((resolve) => {
    const began = performance.now()
    const chunks: Array<Buffer> = []
    const socket = connect({ port, host: "127.0.0.1" })
    let stuck = false
    const leave = setTimeout(() => socket.end(), ends ? halfMillis : patience)
    const giveUp = setTimeout(() => {
      stuck = true
      socket.destroy()
    }, patience)
    socket.on("data", (chunk) => chunks.push(chunk))
    // The server may refuse and close while bytes are still on their way.
    socket.on("error", () => {})
    socket.on("close", () => {
      clearTimeout(leave)
      clearTimeout(giveUp)
      resolve({ text: Buffer.concat(chunks).toString(), millis: performance.now() - began, stuck })
    })
    socket.write(bytes)
  })
