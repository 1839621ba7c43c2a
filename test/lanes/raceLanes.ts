import type { Deploy, DeployEvent, DeployId } from "@deploys/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Command, LanePlayer } from "./LanePlayer.ts"

const triggers = { create: "manual", auto: "auto", rollback: "rollback" } as const

/** One thing that an actor does by what it sees, which may be over by the time that it does it. */
const act = Effect.fnUntraced(function* (player: LanePlayer, { op, pick }: Command) {
  if (op === "create" || op === "auto" || op === "rollback") return yield* player.insert(triggers[op], pick)
  if (op === "release") return yield* player.release
  if (op === "claim") return yield* Effect.forEach(yield* player.offered, (id) => player.claim(id))
  const deploys = yield* player.deploys
  if (op === "cancel") {
    const { [deploys.length - 1 - (pick % Math.max(1, deploys.length))]: one } = deploys
    return one === undefined ? undefined : yield* player.cancel(one.id)
  }
  const atWork = deploys.find(({ metadata, status }) => status === "running" || metadata["outcome"] === "settling")
  if (atWork === undefined) return
  if (atWork.status === "failed") return yield* player.settle(atWork.id)
  if (op === "touch") return yield* player.touch(atWork.id)
  return yield* op === "fail" ? player.fail(atWork.id, true) : player.complete(atWork.id)
})

/** Ends all that is left: the hold is released, and each deploy that is offered completes. */
const drain = Effect.fnUntraced(function* (player: LanePlayer) {
  yield* player.release
  while (true) {
    const deploys = yield* player.deploys
    const open = deploys.filter(
      ({ metadata, status }) => status === "pending" || status === "running" || metadata["outcome"] === "settling"
    )
    if (open.length === 0) return
    const atWork = open.find(({ status }) => status !== "pending")
    if (atWork?.status === "running") yield* player.complete(atWork.id)
    else if (atWork !== undefined) yield* player.settle(atWork.id)
    else {
      const [next] = yield* player.offered
      if (next === undefined) return assert.fail(`nothing is offered of ${open.map(({ id }) => id).join()}`)
      yield* player.claim(next)
    }
  }
})

/** Lets the actors do what they do at the same time, and then brings all of it to an end. */
export const raceLanes = Effect.fnUntraced(function* (
  player: LanePlayer,
  actors: ReadonlyArray<ReadonlyArray<Command>>
) {
  yield* Effect.forEach(actors, (commands) => Effect.forEach(commands, (command) => act(player, command)), {
    concurrency: "unbounded"
  })
  yield* drain(player)
})

interface Story {
  readonly deploy: Deploy
  /** When it left the queue, and when it took and left the lane. */
  readonly left: string
  readonly took: string | undefined
  readonly gave: string
  readonly completed: string | undefined
}

const storyOf = (deploy: Deploy, events: ReadonlyArray<DeployEvent>): Story => {
  const at = (type: DeployEvent["type"]) => events.find((event) => event.type === type)?.at
  const took = at("deploy.running")
  const last = at("deploy.settled") ?? at("deploy.failed") ?? at("deploy.completed") ?? assert.fail("it is not over")
  assert.deepStrictEqual(
    events.map(({ sequence }) => sequence),
    events.map((_, index) => index + 1)
  )
  return { deploy, took, left: took ?? last, gave: last, completed: at("deploy.completed") }
}

/** Whether this one had to go first: it was there, and nothing held it back. */
const goesBefore = (other: Story, story: Story) =>
  other.deploy.sequenceNumber < story.deploy.sequenceNumber &&
  (other.deploy.trigger !== "auto" || story.deploy.trigger === "auto")

const checkPair = (story: Story, other: Story) => {
  const { took } = story
  if (took === undefined) return
  const both = `${story.deploy.sequenceNumber} and ${other.deploy.sequenceNumber}`
  if (goesBefore(other, story)) assert.isTrue(other.left <= took, `${both} are out of order`)
  if (other.took === undefined || other === story) return
  assert.isTrue(other.gave <= took || story.gave <= other.took, `${both} are at work at once`)
}

const checkSuperseded = ({ deploy }: Story, byId: ReadonlyMap<unknown, Deploy>) => {
  if (deploy.failureCode !== "superseded") return assert.notProperty(deploy.metadata, "supersededBy")
  const successor = byId.get(deploy.metadata["supersededBy"])
  if (successor === undefined) return assert.fail(`${deploy.id} has no successor`)
  assert.isTrue(successor.sequenceNumber > deploy.sequenceNumber, "a successor is newer")
  assert.isTrue(successor.trigger !== "auto" || deploy.trigger === "auto", "an automatic one ends automatic ones alone")
}

/** What has to hold of a lane that has come to an end, by its rows and events alone. */
export const inOrder = Effect.fnUntraced(function* (player: LanePlayer) {
  const deploys = yield* player.deploys
  const stories = yield* Effect.forEach(deploys, (deploy) =>
    Effect.map(player.events(deploy.id), (events) => storyOf(deploy, events))
  )
  assert.deepStrictEqual(
    deploys.map(({ sequenceNumber }) => sequenceNumber),
    deploys.map((_, index) => index + 1)
  )
  const byId = new Map<DeployId, Deploy>(deploys.map((deploy) => [deploy.id, deploy]))
  for (const story of stories) {
    checkSuperseded(story, byId)
    for (const other of stories) checkPair(story, other)
  }
  const wentLive = stories.flatMap(({ completed, deploy }) =>
    completed === undefined ? [] : [{ at: completed, deploy }]
  )
  const byTime = wentLive.toSorted((a, b) => (a.at < b.at ? -1 : 1)).map(({ deploy }) => deploy)
  assert.deepStrictEqual(
    byTime,
    wentLive.map(({ deploy }) => deploy),
    "they go live in order of number"
  )
  assert.deepStrictEqual(
    deploys.filter(({ isLive }) => isLive),
    byTime.slice(-1)
  )
  const events = deploys.flatMap(({ sourceEventId, trigger }) =>
    trigger === "auto" && sourceEventId !== null ? [sourceEventId] : []
  )
  assert.lengthOf(new Set(events), events.length)
})
