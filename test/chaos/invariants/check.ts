import { order } from "./order.ts"
import type { Rule } from "./Rule.ts"
import type { Kept, Snapshot } from "./Snapshot.ts"
import { status } from "./status.ts"
import { steps } from "./steps.ts"
import { target } from "./target.ts"

/** A place where a snapshot breaks an invariant. */
export interface Breach {
  readonly number: number
  readonly says: string
}

/** All invariants that rows, events and target can show, in the order of their numbers. */
export const rules: ReadonlyArray<Rule> = [...status, ...order, ...steps, ...target].toSorted(
  (one, other) => one.number - other.number
)

/** Every breach of an invariant in this snapshot. */
export const check = (snapshot: Snapshot): ReadonlyArray<Breach> =>
  rules.flatMap(({ breaches, number }) => [...breaches(snapshot)].map((says) => ({ number, says })))

const story = ({ deploy, events }: Kept) => [
  JSON.stringify(deploy),
  ...events
    .slice(-50)
    .map(({ epoch, event }) => `  ${event.sequence} ${event.at} (${epoch}) ${event.type} ${JSON.stringify(event.data)}`)
]

/** What became of these deploys, as rows and events tell. */
export const stories = (kept: ReadonlyArray<Kept>): string => kept.slice(0, 6).flatMap(story).join("\n")

/** The breaches, and the stories of the deploys that they name. */
export const report = (snapshot: Snapshot, breaches: ReadonlyArray<Breach>): string =>
  [
    ...breaches.map(({ number, says }) => `invariant ${number}: ${says}`),
    stories(
      snapshot.deploys.filter(({ deploy }) =>
        breaches.some(({ says }) => says.includes(deploy.id) || says.includes(deploy.entityId))
      )
    )
  ].join("\n")
