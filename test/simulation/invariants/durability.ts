import { type DeployId, isOver } from "@deploys/core"
import type { Asked, History } from "../History.ts"
import type { Invariant, Trail } from "./Invariant.ts"
import { Ownership } from "./Ownership.ts"

type Created = Exclude<Asked, { readonly what: "cancel" }>

/** What was answered is there, and what was not is there at most once. */
const answeredStays: Invariant = {
  number: 19,
  *breaches({ asked, byDeploy, calls, rows }) {
    const ids = rows.map(({ record }) => record.deploy.id)
    for (const ask of asked)
      if (ask.deployId !== null && !ids.includes(ask.deployId)) yield `${ask.deployId} was answered and is not there`
    for (const call of calls)
      if (call.op === "insert" && !ids.includes(call.deployId)) yield `${call.deployId} was inserted and is not there`
    for (const id of new Set(ids)) {
      const written = byDeploy.get(id)?.filter(({ wrote }) => wrote.some(({ type }) => type === "deploy.created"))
      if (written?.length !== 1 || ids.filter((other) => other === id).length !== 1)
        yield `${id} was inserted ${written?.length} times`
    }
  }
}

const repeated = ({ asked }: History) => {
  const answered = asked.filter(
    (ask): ask is Created => ask.what !== "cancel" && (ask.key !== null || ask.what === "event")
  )
  const groups = new Map<string, Array<Created>>()
  for (const ask of answered) {
    const name = ask.what === "event" ? ask.request : `the key ${ask.key}`
    groups.set(name, [...(groups.get(name) ?? []), ask])
  }
  return groups
}

/** What is asked for again, by its key or its source event, is there once. */
const onceEach: Invariant = {
  number: 20,
  *breaches(trail) {
    for (const [name, asks] of repeated(trail)) {
      const made = new Set(asks.flatMap(({ deployId }) => deployId ?? []))
      if (made.size > 1) yield `${name} was answered with ${[...made].join(" and ")}`
      const requests = new Set(
        asks.flatMap(({ deployId, request, what }) => (deployId === null ? [] : `${what} ${request}`))
      )
      if (requests.size > 1) yield `${name} was answered for ${[...requests].join(" and ")}`
    }
    const events = new Set<string>()
    for (const { record } of trail.rows) {
      const { entityId, id, sourceEventId, trigger } = record.deploy
      const event = `${entityId} ${sourceEventId}`
      if (trigger === "auto" && events.has(event)) yield `${id} is the second of ${event}`
      if (trigger === "auto") events.add(event)
    }
  }
}

/** Once faults have ended, everything comes to its end, but for what waits for somebody to release a hold. */
const liveness: Invariant = {
  number: 21,
  *breaches(trail) {
    for (const { record } of trail.rows)
      if (!isOver(record.deploy) && trail.waiting.get(record.deploy.id)?.for !== "hold")
        yield `${record.deploy.id} of ${record.deploy.entityId} is ${record.deploy.status} for ever`
    yield* leftLying(trail)
  }
}

/** Deploys that nobody claimed in time after their lease had run out or was given back. */
function* leftLying({ calls, claimedWithin }: Trail): Iterable<string> {
  if (claimedWithin === null) return
  const ownership = new Ownership()
  const freed = new Map<DeployId, number>()
  for (const call of calls) {
    if (call.op === "claim" && call.answer !== null) {
      const { lease } = ownership.of(call.deployId)
      const since = Math.max(lease?.until ?? freed.get(call.deployId) ?? call.at, claimedWithin.from)
      if (lease?.owner !== call.request.owner && call.at - since > claimedWithin.millis)
        yield `${call.deployId} lay there for ${call.at - since} ms before ${call.machine} took it`
    }
    if (call.op === "release") for (const { deployId } of call.request) freed.set(deployId, call.at)
    ownership.follow(call)
  }
}

/** Nothing is left behind: no fiber, and no lease. */
const noLeaks: Invariant = {
  number: 22,
  *breaches({ leaks, leases }) {
    yield* leaks
    for (const { deployId, epoch } of leases) yield `${deployId} has a lease under epoch ${epoch} still`
  }
}

/** Durability. */
export const durability: ReadonlyArray<Invariant> = [answeredStays, onceEach, liveness, noLeaks]
