import { existsSync, readFileSync } from "node:fs"

const status = "/proc/self/status"

/** The most resident memory that this process has had, in MiB. On Linux `maxRSS` starts at what its parent had at the fork. */
export const peakMemory = (): number =>
  (existsSync(status)
    ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, "utf8"))?.[1])
    : process.resourceUsage().maxRSS) / 1024
