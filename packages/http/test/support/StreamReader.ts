import { Effect, Schedule } from "effect"
import { HttpServer } from "effect/http"
import { connect, type Socket } from "node:net"
import { ids } from "./ScriptedEngine.ts"

/** The port that is served. */
export const portOf = Effect.map(HttpServer.HttpServer, ({ address }) => ("port" in address ? address.port : 0))

/** One who follows a deploy over a socket. */
export interface Reader {
  readonly socket: Socket
  /** The numbers of the events that have come. */
  readonly seen: Array<number>
  ended: boolean
}

const numbers = /^id: (\d+)$/gm

/** Opens a stream behind an event. */
export const opened = (port: number, { after = 0, id = ids.completed, token = "root" } = {}) =>
  Effect.acquireRelease(
    Effect.callback<Reader>((resume) => {
      const socket = connect(port, "127.0.0.1")
      const reader: Reader = { socket, seen: [], ended: false }
      let rest = ""
      socket.on("data", (chunk: Buffer) => {
        const text = rest + chunk.toString("latin1")
        const end = text.lastIndexOf("\n\n") + 1
        for (const [, id] of text.slice(0, end).matchAll(numbers)) reader.seen.push(Number(id))
        rest = text.slice(end)
        if (text.endsWith("0\r\n\r\n")) reader.ended = true
        resume(Effect.succeed(reader))
      })
      socket.on("close", () => (reader.ended = true))
      socket.on("error", () => {})
      const request = `GET /api/deploys/${id}/events HTTP/1.1`
      const head = [request, "Host: x", `Authorization: Bearer ${token}`, `Last-Event-ID: ${after}`]
      socket.write([...head, "", ""].join("\r\n"))
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

/** Waits until something is so. */
export const until = (test: () => boolean) =>
  Effect.sync(test).pipe(
    Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("20 millis") }),
    Effect.timeout("50 seconds")
  )
