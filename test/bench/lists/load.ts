// The load generator: a closed loop on some sockets for some time. Its job is JSON on the command line, its answer JSON.
import { connect } from "node:net"
import { performance } from "node:perf_hooks"

interface Job {
  readonly port: number
  readonly requests: ReadonlyArray<string>
  readonly connections: number
  readonly millis: number
}

const head = Buffer.from("\r\n\r\n")
const lastChunk = Buffer.from("0\r\n\r\n")

/** How many bytes an answer has in all, once its head is there; undefined for one in chunks. */
const sizeOf = (start: Buffer): number | undefined => {
  const end = start.indexOf(head)
  const text = start.subarray(0, end).toString("latin1")
  if (!text.startsWith("HTTP/1.1 200")) throw new Error(`${start.toString("utf8").slice(0, 600)}`)
  const length = /content-length: (\d+)/i.exec(text)?.[1]
  return length === undefined ? undefined : end + head.length + Number(length)
}

/** Asks one question after the other on one socket until the time is over. */
const ask = ({ port, requests }: Job, offset: number, until: number, latencies: Array<number>) =>
  new Promise<number>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1")
    let [sent, received, count, bytes] = [0, 0, offset, 0]
    let size: number | undefined
    const next = () => {
      if (performance.now() >= until) {
        socket.destroy()
        resolve(bytes)
        return
      }
      received = 0
      sent = performance.now()
      socket.write(requests[count++ % requests.length] ?? "")
    }
    socket.setNoDelay(true)
    socket.once("connect", next)
    socket.once("error", reject)
    socket.once("close", () => reject(new Error("the server closed the connection")))
    socket.on("data", (chunk: Buffer) => {
      if (received === 0) size = sizeOf(chunk)
      received += chunk.length
      const whole = size === undefined ? chunk.subarray(-lastChunk.length).equals(lastChunk) : received >= size
      if (!whole) return
      latencies.push(performance.now() - sent)
      bytes += received
      next()
    })
  })

const job: Job = JSON.parse(process.argv[2] ?? "")
const started = performance.now()
const latencies: Array<number> = []
const bytes = await Promise.all(
  Array.from({ length: job.connections }, (_, i) => ask(job, i * 7, started + job.millis, latencies))
)
const seconds = (performance.now() - started) / 1000
latencies.sort((a, b) => a - b)
const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? 0
process.stdout.write(
  JSON.stringify({
    requests: latencies.length,
    rps: latencies.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    bytes: bytes.reduce((sum, each) => sum + each, 0) / latencies.length
  })
)
