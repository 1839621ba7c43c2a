import type { DeployStore } from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Effect, type Layer, Option, Schema } from "effect"
import { LaneModel } from "./LaneModel.ts"
import { Command, eventOf, LanePlayer, policyOf } from "./LanePlayer.ts"
import { inOrder, raceLanes } from "./raceLanes.ts"

/** How often to play: sequences one command at a time, and races of several. */
export interface Runs {
  readonly sequences: number
  readonly races: number
}

const triggers = { create: "manual", auto: "auto", rollback: "rollback" } as const

const play = Effect.fnUntraced(function* (player: LanePlayer, model: LaneModel, { op, pick }: Command) {
  const idOf = (number: number) => player.ids[number - 1] ?? assert.fail(`there is no deploy ${number}`)
  const { atWork, running } = model
  switch (op) {
    case "create":
    case "auto":
    case "rollback": {
      const trigger = triggers[op]
      const { sequenceNumber } = yield* player.insert(trigger, pick)
      assert.strictEqual(
        sequenceNumber,
        model.create(trigger, policyOf(pick), trigger === "auto" ? eventOf(pick) : null)
      )
      return
    }
    case "claim": {
      const wanted = model.next
      // What is not offered is refused as well.
      const asked =
        pick === 0 ? model.told.find(({ number, status }) => status === "pending" && number !== wanted) : undefined
      if (asked !== undefined) assert.isTrue(Option.isNone(yield* player.claim(idOf(asked.number))))
      if (wanted !== null) assert.isTrue(Option.isSome(yield* player.claim(idOf(wanted))))
      model.claim()
      return
    }
    case "touch":
      if (running === undefined || running.touched) return
      assert.isTrue(yield* player.touch(idOf(running.number)))
      running.touched = true
      return
    case "complete":
      if (running !== undefined) assert.isTrue(yield* player.complete(idOf(running.number)))
      model.complete()
      return
    case "fail":
      if (running !== undefined) assert.isTrue(yield* player.fail(idOf(running.number), running.touched))
      model.fail()
      return
    case "settle":
      if (atWork?.settling === true) assert.isTrue(yield* player.settle(idOf(atWork.number)))
      model.settle()
      return
    case "cancel": {
      if (model.rows.length === 0) return
      const number = model.rows.length - (pick % model.rows.length)
      const { _tag } = yield* player.cancel(idOf(number))
      assert.strictEqual(_tag === "Success", model.cancel(number))
      return
    }
    case "release":
      yield* player.release
      model.hold = null
  }
})

const compare = Effect.fnUntraced(function* (player: LanePlayer, model: LaneModel) {
  assert.deepStrictEqual(yield* player.told, model.told)
  const offered = (yield* player.offered).map((id) => player.ids.indexOf(id) + 1)
  assert.deepStrictEqual(offered, model.next === null ? [] : [model.next])
  const lane = Option.getOrUndefined(yield* player.lane)
  const liveDeployId = model.live === null ? null : player.ids[model.live - 1]
  assert.deepStrictEqual(
    [lane?.lastSequence ?? 0, lane?.liveDeployId ?? null, (lane?.hold ?? null) !== null],
    [model.rows.length, liveDeployId ?? null, model.hold !== null]
  )
})

/** What holds of lanes in this store, whatever happens to them, one thing after the other and all at once. */
export const suite = <E>(name: string, store: Layer.Layer<DeployStore, E>, runs: Runs) =>
  layer(store)(`lanes: ${name}`, (it) => {
    it.effect.prop(
      "are after every command as the rules have it",
      { commands: Schema.Array(Command).check(Schema.isMinLength(10), Schema.isMaxLength(40)) },
      ({ commands }) =>
        Effect.gen(function* () {
          const player = yield* LanePlayer.make
          const model = new LaneModel()
          for (const command of commands) {
            yield* play(player, model, command)
            yield* compare(player, model)
          }
        }),
      { arbitrary: { runs: runs.sequences } }
    )

    it.effect.prop(
      "keep their order when everything happens at once, and come to an end",
      {
        actors: Schema.Array(Schema.Array(Command).check(Schema.isMinLength(5), Schema.isMaxLength(15))).check(
          Schema.isMinLength(4),
          Schema.isMaxLength(8)
        )
      },
      ({ actors }) =>
        Effect.gen(function* () {
          const player = yield* LanePlayer.make
          yield* raceLanes(player, actors)
          yield* inOrder(player)
        }),
      { arbitrary: { runs: runs.races } }
    )
  })
