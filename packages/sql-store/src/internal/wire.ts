import type { PGlite } from "@electric-sql/pglite"
import { Duplex } from "node:stream"
import { callbackify } from "node:util"

/** Not `execProtocolRaw`: that keeps each message of each answer for good, beside answering with its bytes. */
const answerTo = async (database: PGlite, message: Uint8Array) => {
  const parts: Array<Uint8Array> = []
  // What is handed over is the database's own memory.
  const onRawData = (part: Uint8Array) => void parts.push(part.slice())
  await database.execProtocolRawStream(new Uint8Array(message), { onRawData })
  return Buffer.concat(parts)
}

/** PostgreSQL's protocol to an embedded PGlite in place of a socket: what the client writes is answered at once. */
export const wire = (database: PGlite): Duplex => {
  const execute = callbackify((message: Uint8Array) => answerTo(database, message))
  return new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      execute(chunk, (error, answer) => {
        if (error === null) this.push(answer)
        done(error)
      })
    },
    final(done) {
      this.push(null)
      done()
    }
  })
}
