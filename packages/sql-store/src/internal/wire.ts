import type { PGlite } from "@electric-sql/pglite"
import { Duplex } from "node:stream"
import { callbackify } from "node:util"

/** PostgreSQL's protocol to an embedded PGlite in place of a socket: what the client writes is answered at once. */
export const wire = (database: PGlite): Duplex => {
  const execute = callbackify((message: Uint8Array) => database.execProtocolRaw(new Uint8Array(message)))
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
