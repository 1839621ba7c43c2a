import { Effect } from "effect"
import { createServer, type Server, Socket } from "node:net"

/** What a statement that the proxy was told to lose is lost to. */
export type Loss =
  /** The connection is cut instead of passing it on: it never happens. */
  | "request"
  /** It is passed on, and the connection is cut when the server has answered: it happened, and nobody is told. */
  | "answer"

interface Trap {
  readonly matches: (statement: string) => boolean
  readonly loss: Loss
}

const uint32 = (bytes: Buffer, at: number) => bytes.readUInt32BE(at)

const text = (bytes: Buffer, from: number) => bytes.toString("utf8", from, bytes.indexOf(0, from))

/** Follows what a client says in PostgreSQL's protocol, to tell which statements it has executed. */
class Reader {
  readonly #statements = new Map<string, string>()
  #rest = Buffer.alloc(0)
  #isStarted = false

  /** The statements that this chunk has executed, by their text. */
  read(chunk: Buffer): ReadonlyArray<string> {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const executed: Array<string> = []
    while (this.#rest.length >= 8 || (this.#isStarted && this.#rest.length >= 5)) {
      // The first message has no type.
      const head = this.#isStarted ? 1 : 0
      const size = head + uint32(this.#rest, head)
      if (this.#rest.length < size) break
      const statement = this.#isStarted ? this.#statementOf(this.#rest.subarray(0, size)) : undefined
      if (statement !== undefined) executed.push(statement)
      this.#isStarted = true
      this.#rest = this.#rest.subarray(size)
    }
    return executed
  }

  #statementOf(message: Buffer): string | undefined {
    const type = String.fromCharCode(message[0] ?? 0)
    if (type === "Q") return text(message, 5)
    const first = text(message, 5)
    const second = 5 + Buffer.byteLength(first) + 1
    if (type === "P") this.#statements.set(first, text(message, second))
    return type === "B" ? this.#statements.get(text(message, second)) : undefined
  }
}

/** A way to PostgreSQL on which connections are cut at statements that a test names, or nothing comes through any more. */
export class Proxy {
  readonly #server: Server
  readonly #target: URL
  readonly #sockets = new Set<Socket>()
  #traps: ReadonlyArray<Trap> = []
  #isBlackHole = false
  /** How often a trap has cut a connection. */
  cuts = 0

  constructor(url: string) {
    this.#target = new URL(url)
    this.#server = createServer((client) => this.#connect(client))
  }

  /** Loses the next statement that matches. */
  lose(matches: (statement: string) => boolean, loss: Loss): void {
    this.#traps = [...this.#traps, { matches, loss }]
  }

  /** Loses nothing more. */
  heal(): void {
    this.#traps = []
  }

  /** From now on takes everything and passes on nothing, and says so to nobody; or lets it all through again. */
  blackHole(on: boolean): void {
    this.#isBlackHole = on
    for (const socket of this.#sockets) this.#hold(socket)
  }

  /** Listens, and answers with the address of the database by way of it. */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject)
      this.#server.listen(0, "127.0.0.1", () => {
        const address = this.#server.address()
        const url = new URL(this.#target)
        url.host = `127.0.0.1:${typeof address === "object" ? address?.port : address}`
        resolve(url.href)
      })
    })
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #connect(client: Socket): void {
    const server = new Socket().connect(Number(this.#target.port), this.#target.hostname)
    const reader = new Reader()
    let isDoomed = false
    const cut = () => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.once("close", () => {
        this.#sockets.delete(socket)
        cut()
      })
      socket.on("error", cut)
    }
    client.on("data", (chunk) => {
      const loss = this.#trapped(reader.read(chunk))
      if (loss === "request") return cut()
      isDoomed = isDoomed || loss === "answer"
      server.write(chunk)
    })
    server.on("data", (chunk) => {
      // Ready for the next query: the statement is done, and what it wrote is committed.
      if (isDoomed && chunk.includes("Z\0\0\0\x05")) return cut()
      if (!isDoomed) client.write(chunk)
    })
    if (this.#isBlackHole) for (const socket of [client, server]) this.#hold(socket)
  }

  #hold(socket: Socket): void {
    if (this.#isBlackHole) socket.pause()
    else socket.resume()
  }

  #trapped(statements: ReadonlyArray<string>): Loss | undefined {
    const trap = this.#traps.find(({ matches }) => statements.some(matches))
    if (trap === undefined) return undefined
    this.#traps = this.#traps.filter((other) => other !== trap)
    this.cuts += 1
    return trap.loss
  }
}

/** A proxy that is gone with the scope, and the address of the database by way of it. */
export const makeProxy = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const proxy = new Proxy(url)
      return { proxy, url: await proxy.listen() }
    }),
    ({ proxy }) => Effect.promise(() => proxy.close())
  )
