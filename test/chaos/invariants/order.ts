import { firstOf, isFinalEvent, ofEach, ofEntities, type Rule } from "./Rule.ts"
import type { Kept } from "./Snapshot.ts"

/** The epoch of successive writes never decreases, and none is above the row's. */
const epochsGrow = ofEach(7, function* ({ deploy, events }) {
  let last = 0
  for (const { epoch, event } of events) {
    if (epoch < last) yield `event ${event.sequence} (${event.type}) was written under epoch ${epoch}, behind ${last}`
    last = epoch
  }
  if (deploy.epoch < last) yield `the row has epoch ${deploy.epoch}, its events ${last}`
})

/** A claim and a cancel have an epoch of their own: what is written under one epoch is one runner's. */
const epochsRaised = ofEach(8, function* ({ events }) {
  for (const [i, { epoch, event }] of events.entries()) {
    const before = events[i - 1]?.epoch ?? -1
    if (event.type === "deploy.running" && epoch !== 1) yield `began under epoch ${epoch}`
    const isFromOutside = event.type === "deploy.failed" && ["cancelled", "superseded"].includes(event.data.failureCode)
    if (isFromOutside && epoch <= before) yield `was ended from outside under the epoch of its run, ${epoch}`
  }
})

const lastAt = ({ events }: Kept) => events.at(-1)?.event.at ?? ""

/** By replay, one deploy of an entity is at work at a time: from its claim to its end or, if it settles, to that. */
const oneAtWork = ofEntities(9, function* (deploys) {
  const spans = deploys.flatMap((kept) => {
    const from = firstOf(kept, "deploy.running")?.event.at
    const settles = kept.events.some(({ event }) => event.type === "deploy.settled")
    const to = settles ? lastAt(kept) : (kept.events.find(isFinalEvent)?.event.at ?? "9999")
    return from === undefined ? [] : [{ id: kept.deploy.id, from, to }]
  })
  const inTime = spans.toSorted((one, other) => (one.from < other.from ? -1 : 1))
  for (const [i, { from, id }] of inTime.entries()) {
    const before = inTime[i - 1]
    if (before !== undefined && before.to > from) yield `${id} began at ${from}, and ${before.id} ended at ${before.to}`
  }
})

/** Numbers are 1, 2, 3 … in the order of creation, and the lane knows the last one. */
const numbersCount = ofEntities(11, function* (deploys, entityId, { lanes }) {
  const numbers = deploys.map(({ deploy }) => deploy.sequenceNumber)
  if (numbers.some((number, i) => number !== i + 1)) yield `has the numbers ${numbers.join(", ")}`
  const late = deploys.findIndex(({ deploy }, i) => deploy.createdAt < (deploys[i - 1]?.deploy.createdAt ?? ""))
  if (late >= 0) yield `number ${late + 1} is older than the one before`
  const lane = lanes.find((row) => row.entityId === entityId)
  if (lane?.lastSequence !== numbers.length) yield `the lane counts ${lane?.lastSequence} of ${numbers.length}`
})

/** Events are 1, 2, 3 …, and the row knows the last one. */
const eventsCount = ofEach(12, function* ({ deploy, events }) {
  const gap = events.findIndex(({ event }, i) => event.sequence !== i + 1)
  if (gap >= 0) yield `event ${gap + 1} has the number ${events[gap]?.event.sequence}`
  if (deploy.lastEvent !== events.length) yield `counts ${deploy.lastEvent} events and has ${events.length}`
  const settled = events.findIndex(({ event }) => event.type === "deploy.settled")
  if (settled >= 0 && settled !== events.length - 1) yield "events follow deploy.settled"
})

/** What goes live never goes back to an older number, and a superseded deploy names a newer one and did not run on. */
const laneInOrder = ofEntities(14, function* (deploys) {
  const byId = new Map<unknown, Kept>(deploys.map((kept) => [kept.deploy.id, kept]))
  const completed = deploys
    .flatMap((kept) => (kept.deploy.status === "completed" ? [kept] : []))
    .toSorted((one, other) => ((one.deploy.completedAt ?? "") < (other.deploy.completedAt ?? "") ? -1 : 1))
  for (const [i, { deploy }] of completed.entries())
    if (deploy.sequenceNumber < (completed[i - 1]?.deploy.sequenceNumber ?? 0))
      yield `${deploy.id} went live behind a newer one`
  for (const { deploy } of deploys) {
    if (deploy.failureCode !== "superseded") continue
    const successor = byId.get(deploy.metadata["supersededBy"])
    if (successor === undefined || successor.deploy.sequenceNumber <= deploy.sequenceNumber)
      yield `${deploy.id} is superseded by ${String(deploy.metadata["supersededBy"])}`
  }
  const newest = deploys.at(-1)
  if (newest?.deploy.failureCode === "superseded") yield "its newest deploy is superseded"
})

/** What was answered is there; a key stands for one deploy; and no id is there twice. */
const answeredStays: Rule = {
  number: 19,
  *breaches({ answers, deploys }) {
    const ids = new Set(deploys.map(({ deploy }) => deploy.id))
    if (ids.size < deploys.length) yield "an id is there twice"
    const byKey = new Map<string, string>()
    for (const { deployId, key } of answers.creates) {
      if (!ids.has(deployId)) yield `${deployId} was answered and is not there`
      if (key === null) continue
      const first = byKey.get(key) ?? deployId
      if (first !== deployId) yield `key ${key} was answered with ${first} and ${deployId}`
      byKey.set(key, first)
    }
  }
}

/** Ownership, order and numbers. */
export const order: ReadonlyArray<Rule> = [
  epochsGrow,
  epochsRaised,
  oneAtWork,
  numbersCount,
  eventsCount,
  laneInOrder,
  answeredStays
]
