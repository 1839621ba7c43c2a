import type { FeedEvent } from "@deploys/core"
import { type DeployReport, linesOf } from "./DeployReport.ts"
import type { Style } from "./Screen.ts"
import { tame } from "./tame.ts"
import { actor } from "./words.ts"

const ended = (address: string | null) => (address === null ? "completed" : `live at ${address}`)

/** What a log says that a picture of the running deploy shows otherwise. */
const ownLines = (event: FeedEvent, style: Style): ReadonlyArray<string> => {
  switch (event.type) {
    case "deploy.created": {
      const { buildId, by, sequenceNumber, trigger } = event.data
      return [`○ created as ${sequenceNumber} by ${actor(by)} ${style.faint(`(${trigger}, build ${tame(buildId)})`)}`]
    }
    case "deploy.running":
      return [`▸ running ${style.faint(`on ${tame(event.data.by)}`)}`]
    case "step.running":
      return event.data.attempt > 1 ? [style.faint(`▸ ${tame(event.data.name)}, attempt ${event.data.attempt}`)] : []
    case "deploy.completed":
      return [style.good(`✓ ${tame(ended(event.data.productionUrl))}`)]
    case "deploy.failed": {
      const { by, error, failureCode } = event.data
      return [`${style.bad(`✗ ${failureCode}`)} ${tame(error)} ${style.faint(`(by ${actor(by)})`)}`]
    }
    case "deploy.settled":
      return [`↺ ${event.data.outcome}`]
    default:
      return []
  }
}

/** The lines of a deploy's log for an event, each behind its time of day in UTC. */
export const logLines = (report: DeployReport, event: FeedEvent, style: Style): ReadonlyArray<string> =>
  [...ownLines(event, style), ...linesOf(report, event, style)].map(
    (line) => `${style.faint(event.at.slice(11, 23))}  ${line}`
  )
