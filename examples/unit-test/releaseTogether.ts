import { type BuildId, type Deploy, DeployEngine, trustedPrincipal } from "@deploys/core"
import { Effect, Stream } from "effect"

const releaseBot = trustedPrincipal("release-bot")

/** A team's own rule: these builds go live together, and when one of them fails, those still on their way are cancelled. */
export const releaseTogether = Effect.fnUntraced(function* (builds: ReadonlyArray<BuildId>) {
  const engine = yield* DeployEngine
  const deploys = yield* Effect.forEach(builds, (buildId) => engine.create(releaseBot, { buildId }))

  const finished = Effect.fnUntraced(function* ({ id }: Deploy) {
    yield* Stream.runDrain(engine.events(releaseBot, id))
    const done = yield* engine.get(releaseBot, id)
    return done.status === "completed" ? done : yield* Effect.fail(done)
  })

  return yield* Effect.forEach(deploys, finished, { concurrency: "unbounded" }).pipe(
    Effect.tapError(() =>
      Effect.forEach(deploys, ({ id }) =>
        Effect.ignore(engine.cancel(releaseBot, id, { reason: "another one failed" }))
      )
    )
  )
})
