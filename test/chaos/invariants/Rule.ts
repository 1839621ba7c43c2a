import type { EntityId } from "@deploys/core"
import type { EventRow, Kept, Snapshot } from "./Snapshot.ts"

/** Something that always holds, under its number on the project's page of invariants. */
export interface Rule {
  readonly number: number
  /** Where the snapshot breaks it, a sentence each. */
  readonly breaches: (snapshot: Snapshot) => Iterable<string>
}

/** A rule about each deploy by itself. */
export const ofEach = (number: number, wrong: (kept: Kept) => Iterable<string>): Rule => ({
  number,
  *breaches({ deploys }) {
    for (const kept of deploys) for (const says of wrong(kept)) yield `${kept.deploy.id}: ${says}`
  }
})

/** A rule about the deploys of each entity, in the order of their numbers. */
export const ofEntities = (
  number: number,
  wrong: (deploys: ReadonlyArray<Kept>, entityId: EntityId, snapshot: Snapshot) => Iterable<string>
): Rule => ({
  number,
  *breaches(snapshot) {
    const groups = Map.groupBy(snapshot.deploys, ({ deploy }) => deploy.entityId)
    for (const [entityId, deploys] of groups)
      for (const says of wrong(deploys, entityId, snapshot)) yield `${entityId}: ${says}`
  }
})

/** Whether this event ends the deploy. */
export const isFinalEvent = ({ event }: EventRow): boolean =>
  event.type === "deploy.completed" || event.type === "deploy.failed"

/** The first event of a type. */
export const firstOf = ({ events }: Kept, type: EventRow["event"]["type"]): EventRow | undefined =>
  events.find(({ event }) => event.type === type)
