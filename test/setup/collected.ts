import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

const collector = (): (() => void) => {
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc")
}

/** Bytes of the heap that are still needed once all that can go has gone. */
export const collected = () => {
  const collect = collector()
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
