import { ByteSize } from "effect"

const width = 24

const share = (done: number, total: number) => Math.min(1, Math.max(0, total === 0 ? 1 : done / total))

/** A bar with its percentage. */
export const progressBar = (done: number, total: number): string => {
  const filled = Math.floor(share(done, total) * width)
  const percent = Math.floor(share(done, total) * 100)
  return `${"█".repeat(filled)}${"░".repeat(width - filled)} ${String(percent).padStart(3)} %`
}

/** A size for people, in the units that the steps' own log lines use. */
export const formatBytes = (bytes: number): string => ByteSize.format(ByteSize.bytes(bytes))

/** What a step has done so far, such as `3 of 8 files`. */
export const formatProgress = ({
  done,
  total,
  unit
}: {
  readonly done: number
  readonly total: number | null
  readonly unit: string
}): string => {
  const say = (count: number) => (unit === "bytes" ? formatBytes(count) : `${count} ${unit}`)
  if (total === null) return say(done)
  return unit === "bytes" ? `${say(done)} of ${say(total)}` : `${done} of ${say(total)}`
}

/** A duration for people: tenths of seconds below a minute. */
export const formatDuration = (millis: number): string => {
  const seconds = Math.max(0, millis) / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}
