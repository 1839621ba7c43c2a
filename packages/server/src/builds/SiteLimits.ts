import { Context } from "effect"

const mebibyte = 1024 * 1024

/** How large an upload may be. */
export const SiteLimits = Context.Reference<{
  /** Files in one build, and folders as well. */
  readonly files: number
  /** Bytes of one file. */
  readonly fileBytes: number
  /** Bytes of all files together. */
  readonly totalBytes: number
  /** How many times larger than what was sent an archive may become, once it is over `freeBytes`. */
  readonly ratio: number
  /** Bytes that an archive may unpack to whatever its ratio. */
  readonly freeBytes: number
  /** How long an upload may stand still, in seconds. */
  readonly stallSeconds: number
  /** Bytes that must come in a second, on average, once an upload has gone on for `stallSeconds`. */
  readonly bytesPerSecond: number
}>("@deploys/server/SiteLimits", {
  defaultValue: () => ({
    files: 20_000,
    fileBytes: 25 * mebibyte,
    totalBytes: 1024 * mebibyte,
    ratio: 100,
    freeBytes: 16 * mebibyte,
    stallSeconds: 30,
    bytesPerSecond: 1024
  })
})
