import { type FeedEvent, type ProgressEvent, type Timestamp, timestampDistance } from "@deploys/core"
import { formatDuration, formatProgress, progressBar } from "./ProgressBar.ts"
import type { LiveLine, Style } from "./Screen.ts"
import { tame } from "./tame.ts"

/** The step at work, as far as events have told. */
interface StepAtWork {
  readonly name: string
  readonly since: Timestamp
  readonly progress: ProgressEvent["data"] | null
}

/** What a reader of the events knows by now. */
export interface DeployReport {
  readonly step: StepAtWork | null
}

/** Before the first event. */
export const emptyReport: DeployReport = { step: null }

const spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

const nameWidth = 10

const row = (mark: string, name: string, rest: string) => `${mark} ${tame(name).padEnd(nameWidth)} ${rest}`.trimEnd()

/** The report after an event. */
export const advance = (report: DeployReport, event: FeedEvent): DeployReport => {
  const { step } = report
  switch (event.type) {
    case "step.running":
      return { step: { name: event.data.name, since: event.at, progress: null } }
    case "progress":
      return step?.name === event.data.name ? { step: { ...step, progress: event.data } } : report
    case "step.retrying":
    case "log":
    case "deploy.created":
    case "deploy.running":
      return report
    default:
      return { step: null }
  }
}

const completed = ({ step }: DeployReport, event: Extract<FeedEvent, { type: "step.completed" }>, style: Style) => {
  const took = step === null ? "" : formatDuration(timestampDistance(step.since, event.at)).padStart(7)
  const did = step?.progress == null ? "" : `   ${formatProgress(step.progress)}`
  return row(style.good("✓"), event.data.name, style.faint(`${took}${did}`))
}

/** The lines that an event adds for good; `report` is what was known before it. */
export const linesOf = (report: DeployReport, event: FeedEvent, style: Style): ReadonlyArray<string> => {
  const undone = (name: string, rest: string) => [row(style.faint("↺"), name, style.faint(rest))]
  switch (event.type) {
    case "step.completed":
      return [completed(report, event, style)]
    case "step.failed":
      return [row(style.bad("✗"), event.data.name, tame(event.data.error))]
    case "step.retrying": {
      const next = `next attempt in ${formatDuration(event.data.delayMillis)}`
      return [row(style.faint("↻"), event.data.name, `${tame(event.data.error)} ${style.faint(`(${next})`)}`)]
    }
    case "step.cancelled":
      return undone(event.data.name, "stopped")
    case "step.discarded":
      return undone(event.data.name, "ended too late, result dropped")
    case "step.compensated":
      return undone(event.data.name, event.data.outcome === "unresolved" ? "could not be undone" : "undone")
    case "log":
      return [style.faint(`  │ ${tame(event.data.message)}`)]
    default:
      return []
  }
}

/** The line that shows the step at work; null between steps. */
export const liveLineOf = ({ step }: DeployReport, style: Style): LiveLine | null => {
  if (step === null) return null
  const { progress } = step
  const bar = progress?.total == null ? "" : `${progressBar(progress.done, progress.total)}  `
  const rest = progress === null ? "" : style.faint(formatProgress(progress))
  return (tick) => row(spinner.charAt(tick % spinner.length), step.name, `${bar}${rest}`)
}
