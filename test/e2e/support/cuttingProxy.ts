import { Effect } from "effect"
import { connect, createServer, type Socket } from "node:net"

/** Passes everything on, but for the answer to the first request that has `mark` in it: there it hangs up on the client. */
export const cuttingProxy = Effect.fnUntraced(function* (target: { readonly port: string }, mark: string) {
  const seen = { asked: 0, cut: 0 }
  const sockets = new Set<Socket>()
  const pass = (client: Socket) => {
    const server = connect(Number(target.port), "127.0.0.1")
    let doomed = false
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket
        .on("error", () => {})
        .on("close", () => {
          client.destroy()
          server.destroy()
        })
    }
    client.on("data", (bytes) => {
      const isMarked = bytes.toString("latin1").includes(mark)
      if (isMarked) seen.asked += 1
      doomed = isMarked && seen.cut === 0
      server.write(bytes)
    })
    server.on("data", (bytes) => {
      if (!doomed) return void client.write(bytes)
      seen.cut += 1
      client.destroy()
    })
  }
  const proxy = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const made = createServer(pass).listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
    }),
    (made) =>
      Effect.sync(() => {
        made.close()
        for (const socket of sockets) socket.destroy()
      })
  )
  const address = proxy.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, seen }
})
