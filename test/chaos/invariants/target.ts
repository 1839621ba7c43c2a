import { ofEntities, type Rule } from "./Rule.ts"
import type { Kept } from "./Snapshot.ts"

const lastCompleted = (deploys: ReadonlyArray<Kept>) =>
  deploys
    .map(({ deploy }) => deploy)
    .filter(({ status }) => status === "completed")
    .reduce<Kept["deploy"] | null>(
      (last, deploy) => ((deploy.completedAt ?? "") > (last?.completedAt ?? "") ? deploy : last),
      null
    )

/** Rows and lane call the last completed deploy live, and the target serves it, or an unresolved one behind it. */
const servesLast = ofEntities(23, function* (deploys, entityId, { lanes, served }) {
  const last = lastCompleted(deploys)
  const marked = deploys.filter(({ deploy }) => deploy.isLive).map(({ deploy }) => deploy.id)
  if (marked.join() !== (last?.id ?? "")) yield `the rows call live ${marked.join()}, not ${last?.id}`
  const lane = lanes.find((row) => row.entityId === entityId)
  if ((lane?.liveDeployId ?? null) !== (last?.id ?? null)) yield `the lane calls live ${lane?.liveDeployId}`
  if (served === null || served.strays.has(entityId)) return
  const live = served.live.get(entityId) ?? null
  const isUnresolved = deploys.some(({ deploy }) => deploy.id === live && deploy.metadata["outcome"] === "unresolved")
  if (live !== (last?.id ?? null) && !isUnresolved) yield `production serves ${live}, not ${last?.id}`
})

/** Of a completed deploy the target has what was made, and of a failed one that has settled nothing, but if unresolved. */
const madeOrNot = ofEntities(25, function* (deploys, entityId, { served }) {
  if (served === null || served.strays.has(entityId)) return
  for (const { deploy } of deploys) {
    const isMade = served.made.has(deploy.id)
    if (deploy.status === "completed" && !isMade) yield `${deploy.id} completed, and nothing of it was made`
    if (deploy.status === "failed" && isMade && deploy.metadata["outcome"] !== "unresolved")
      yield `${deploy.id} failed (${String(deploy.metadata["outcome"])}), and what it made is kept`
  }
})

/** Target. */
export const target: ReadonlyArray<Rule> = [servesLast, madeOrNot]
