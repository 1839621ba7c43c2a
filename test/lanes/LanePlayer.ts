import { type Deploy, type DeployId, DeployMove, DeployStore, type EntityId, type InsertOptions } from "@deploys/core"
import { SourceEventId } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import {
  completed,
  failed,
  freshEntityId,
  freshOwner,
  newDeploy,
  settled,
  step
} from "../contract/deploy-store/fixture.ts"
import type { Told, Trigger } from "./LaneModel.ts"

/** What happens to a lane; those that lead further are there more often. */
const ops = ["create", "auto", "auto", "rollback", "claim", "claim", "claim", "touch", "complete", "complete"] as const

/** One thing that happens. `pick` chooses a policy, an event, or a deploy. */
export const Command = Schema.Struct({
  op: Schema.Literals([...ops, "fail", "settle", "cancel", "release"]),
  pick: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8 }))
})
/** One thing that happens. */
export type Command = typeof Command.Type

/** Mostly `queue`, or there is never a queue. */
export const policyOf = (pick: number): NonNullable<InsertOptions["queuePolicy"]> =>
  pick < 5 ? "queue" : pick < 7 ? "latest" : "replace"

/** Mostly none, else one of two. */
export const eventOf = (pick: number): number | null => (pick % 3 === 0 ? pick % 2 : null)

const plan = [step("publish", { undoable: true })]
const touched = DeployMove.StepStarted({ step: { index: 0, name: "publish" }, attempt: 1 })

const ownerOf = (id: DeployId) => `runner of ${id}`

/** Plays on the lane of an entity of its own, as engines and runners would, and remembers what it has made. */
export class LanePlayer {
  readonly #store: DeployStore["Service"]
  readonly entityId: EntityId
  readonly ids: Array<DeployId> = []

  constructor(store: DeployStore["Service"], entityId: EntityId) {
    this.#store = store
    this.entityId = entityId
  }

  static readonly make = Effect.gen(function* () {
    return new LanePlayer(yield* DeployStore, yield* freshEntityId)
  })

  insert(trigger: Trigger, pick: number) {
    const event = trigger === "auto" ? eventOf(pick) : null
    const sourceEventId = event === null ? null : SourceEventId.make(`event-${event}`)
    const hold = trigger === "rollback" ? { hold: { by: "grace", reason: null } } : {}
    return newDeploy({ entityId: this.entityId, trigger, sourceEventId }).pipe(
      Effect.flatMap((asked) => this.#store.insert(asked, { queuePolicy: policyOf(pick), ...hold })),
      Effect.tap(({ id }) =>
        Effect.sync(() => {
          if (!this.ids.includes(id)) this.ids.push(id)
        })
      )
    )
  }

  get deploys() {
    return Effect.map(Effect.forEach(this.ids, this.#store.find), (records) =>
      records.map((record) => Option.getOrThrow(record).deploy).toSorted((a, b) => a.sequenceNumber - b.sequenceNumber)
    )
  }

  /** Deploys of this entity that are offered to any runner. */
  get offered() {
    return Effect.gen({ self: this }, function* () {
      const ids = yield* this.#store.claimable({ owner: yield* freshOwner, limit: 100_000 })
      return ids.filter((id) => this.ids.includes(id))
    })
  }

  claim(deployId: DeployId) {
    return this.#store.claim({ deployId, owner: ownerOf(deployId), leaseMillis: 60_000, steps: plan })
  }

  /** Makes moves of a deploy that was claimed before. Whether they landed. */
  move(deployId: DeployId, ...moves: ReadonlyArray<DeployMove>) {
    return Effect.gen({ self: this }, function* () {
      const claim = yield* this.claim(deployId)
      if (Option.isNone(claim)) return false
      const { epoch, lastEvent: after } = claim.value
      const [result] = yield* this.#store.move([{ deployId, epoch, after, by: ownerOf(deployId), moves }])
      return result?._tag === "Applied"
    })
  }

  touch(deploy: DeployId) {
    return this.move(deploy, touched)
  }

  complete(deploy: DeployId) {
    return this.move(deploy, completed)
  }

  fail(deploy: DeployId, toSettle: boolean) {
    return this.move(deploy, failed(!toSettle))
  }

  settle(deploy: DeployId) {
    return this.move(deploy, settled)
  }

  cancel(deployId: DeployId) {
    return Effect.result(this.#store.cancel({ deployId, by: "eve", reason: null }))
  }

  get release() {
    return this.#store.releaseHold(this.entityId)
  }

  events(deployId: DeployId) {
    return this.#store.events({ deployId, after: 0, limit: 1000 })
  }

  get lane() {
    return this.#store.lane(this.entityId)
  }

  /** All that the store tells of the deploys, in the words of the model. */
  get told() {
    return Effect.gen({ self: this }, function* () {
      const deploys = yield* this.deploys
      return yield* Effect.forEach(deploys, (deploy) =>
        Effect.map(this.#store.waiting(deploy.id), (waiting): Told => toldOf(deploy, deploys, waiting))
      )
    })
  }
}

const toldOf = (
  deploy: Deploy,
  all: ReadonlyArray<Deploy>,
  waiting: Option.Option<{ readonly for: string; readonly position: number }>
): Told => {
  const { failureCode, metadata } = deploy
  const successor = all.find(({ id }) => id === metadata["supersededBy"])
  assert.include([null, "cancelled", "superseded", "step_failed"], failureCode)
  return {
    number: deploy.sequenceNumber,
    trigger: deploy.trigger,
    status: deploy.status,
    code: failureCode,
    successor: successor?.sequenceNumber ?? null,
    live: deploy.isLive,
    settling: metadata["outcome"] === "settling",
    waits: Option.match(waiting, { onNone: () => null, onSome: (told) => `${told.for} ${told.position}` })
  }
}
