import { type DeployId, type EntityId, isOver } from "@deploys/core"
import type { Call, TargetEffect } from "../History.ts"
import { type Invariant, isDeployCall, type Trail } from "./Invariant.ts"
import { Ownership } from "./Ownership.ts"

/**
 * What no store can prevent: a step of a machine whose lease had run out and was taken over takes effect afterwards. A
 * target without fences of its own serves that; the deploys that it touches are left out below.
 */
interface Strays {
  readonly deploys: ReadonlySet<DeployId>
  /** The entities whose live deploy a stray has set, and in which order. */
  readonly entities: ReadonlyMap<EntityId, number>
}

const inOrder = ({ calls, effects }: Trail): ReadonlyArray<Call | TargetEffect> =>
  [...calls, ...effects].toSorted((one, other) => one.order - other.order)

/** Effects that landed after the machine that they came from had lost its lease to another by the passing of time. */
export const straysOf = (trail: Trail): Strays => {
  const ownership = new Ownership()
  const robbed = new Set<string>()
  const deploys = new Set<DeployId>()
  const entities = new Map<EntityId, number>()
  for (const entry of inOrder(trail)) {
    if ("op" in entry) {
      if (entry.op === "claim" && entry.answer !== null) {
        const { lease } = ownership.of(entry.deployId)
        if (lease !== null && lease.machine !== entry.machine) robbed.add(`${lease.machine} ${entry.deployId}`)
        robbed.delete(`${entry.machine} ${entry.deployId}`)
      }
      ownership.follow(entry)
    } else if (entry.what === "landed") {
      if (robbed.has(`${entry.machine} ${entry.deployId}`)) {
        deploys.add(entry.deployId)
        if (entry.step === "activate") entities.set(entry.entityId, entry.order)
      } else if (entry.step === "activate") entities.delete(entry.entityId)
    }
  }
  return { deploys, entities }
}

/** What an entity's production serves at this point. */
const liveAt = ({ effects }: Trail, entityId: EntityId, order: number): DeployId | null =>
  effects.findLast((effect) => effect.entityId === entityId && effect.order < order)?.live ?? null

const completions = ({ calls }: Trail) =>
  calls.filter(isDeployCall).filter(({ wrote }) => wrote.some(({ type }) => type === "deploy.completed"))

/** Deploys of an entity that may be served: the last completed one, and unresolved ones that came behind it. */
const servable = (trail: Trail, entityId: EntityId) => {
  const last = completions(trail).findLast(({ row }) => row?.deploy.entityId === entityId)
  const unresolved = trail.rows.filter(
    ({ record: { deploy } }) => deploy.entityId === entityId && deploy.metadata["outcome"] === "unresolved"
  )
  return { last: last?.deployId ?? null, unresolved: unresolved.map(({ record }) => record.deploy.id) }
}

/** Production serves the last completed deploy, and the rows say so. */
const servesLast: Invariant = {
  number: 23,
  *breaches(trail) {
    const strays = straysOf(trail)
    for (const { deployId, order, row } of completions(trail)) {
      if (row === null || strays.deploys.has(deployId) || strays.entities.has(row.deploy.entityId)) continue
      const live = liveAt(trail, row.deploy.entityId, order)
      if (live !== deployId) yield `${deployId} completed while production served ${live}`
    }
    for (const [entityId, ids] of trail.byEntity) {
      const { last, unresolved } = servable(trail, entityId)
      const live = trail.live.get(entityId) ?? null
      const marked = trail.rows.filter(({ record }) => record.deploy.isLive && ids.includes(record.deploy.id))
      if (marked.map(({ record }) => record.deploy.id).join() !== (last ?? ""))
        yield `${entityId}: the rows call live ${marked.map(({ record }) => record.deploy.id).join()}, not ${last}`
      if (strays.entities.has(entityId) || live === last || (live !== null && unresolved.includes(live))) continue
      yield `${entityId}: production serves ${live}, not ${last}`
    }
  }
}

/** A deployment is that of the deploy's own build, and a step takes effect no more often than it was started. */
const madeOnce: Invariant = {
  number: 24,
  *breaches({ effects, made, rows }) {
    for (const { events, record } of rows) {
      const { buildId, id, status } = record.deploy
      const deployment = made.find(({ deployId }) => deployId === id)
      if (status === "completed" && deployment?.buildId !== buildId)
        yield `${id} completed, and its deployment is of ${deployment?.buildId}, not ${buildId}`
      for (const { index, name } of record.steps) {
        const starts = events.filter((event) => event.type === "step.running" && event.data.index === index)
        const landed = effects.filter(
          ({ deployId, step, what }) => deployId === id && step === name && what === "landed"
        )
        if (landed.length > starts.length)
          yield `${id}: step ${name} took effect ${landed.length} times in ${starts.length} starts`
      }
    }
  }
}

/** Nothing of a deploy that failed is served or kept once it has settled, unless it says `unresolved`. */
const nothingLeft: Invariant = {
  number: 25,
  *breaches(trail) {
    const strays = straysOf(trail)
    for (const { record } of trail.rows) {
      const { entityId, id, metadata, status } = record.deploy
      if (status !== "failed" || !isOver(record.deploy) || metadata["outcome"] === "unresolved") continue
      if (strays.deploys.has(id)) continue
      if (trail.live.get(entityId) === id) yield `${id} failed (${String(metadata["outcome"])}) and is served`
      if (trail.made.some(({ deployId }) => deployId === id))
        yield `${id} failed (${String(metadata["outcome"])}) and its deployment is kept`
      if (trail.uploaded.has(id)) yield `${id} failed (${String(metadata["outcome"])}) and what it uploaded is kept`
    }
  }
}

/** Target. */
export const target: ReadonlyArray<Invariant> = [servesLast, madeOnce, nothingLeft]
