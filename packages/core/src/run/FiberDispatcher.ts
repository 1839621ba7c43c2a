import { Effect, FiberMap, Layer, Queue, Schedule, Semaphore, Stream } from "effect"
import type { DeployId } from "../domain/Id.ts"
import { DeployDispatcher } from "../ports/DeployDispatcher.ts"
import { DeployStore } from "../ports/DeployStore.ts"
import { DeployRunner } from "./DeployRunner.ts"
import { RunnerOptions } from "./RunnerOptions.ts"
import type { RunPlace } from "./RunPlace.ts"

/**
 * Runs deploys on fibers of this process: at most `RunnerOptions.maxRunning` at once. It looks for work when it is woken,
 * when the store says that something is ready, when a deploy is about to complete, and every `RunnerOptions.pollEvery`
 * besides. When its scope closes, it lets steps at work reach their end within `RunnerOptions.grace`.
 */
export const layer = Layer.effect(
  DeployDispatcher,
  Effect.gen(function* () {
    const store = yield* DeployStore
    const runner = yield* DeployRunner
    const options = yield* RunnerOptions
    const fibers = yield* FiberMap.make<DeployId>()
    yield* Effect.addFinalizer(() =>
      runner.drain.pipe(
        Effect.andThen(FiberMap.awaitEmpty(fibers)),
        Effect.timeoutOrElse({ duration: options.grace, orElse: () => Effect.void }),
        Effect.ignore
      )
    )
    const wakeups = yield* Queue.sliding<void>(1)
    const wake = Effect.asVoid(Queue.offer(wakeups, undefined))

    const places = Semaphore.makeUnsafe(options.maxRunning)
    /** Deploys that are about to give up their place. */
    let leaving = 0
    const place: RunPlace = {
      inside: places.withPermit,
      leaving: (write) =>
        Effect.acquireUseRelease(
          Effect.suspend(() => {
            leaving += 1
            return wake
          }),
          () => write,
          () => Effect.sync(() => void (leaving -= 1))
        )
    }
    const busyPlaces = Effect.map(FiberMap.size(fibers), (running) => running - leaving)

    // The claim may have landed all the same, and then nobody else takes the deploy up before the lease has run out.
    const again = Schedule.spaced(options.pollEvery).pipe(Schedule.upTo({ times: 3 }))

    const start = (id: DeployId) =>
      runner.run(id, place).pipe(
        Effect.retry(again),
        Effect.catchCause((cause) =>
          Effect.delay(Effect.logError("A deploy could not be run and will be tried again", cause), options.pollEvery)
        ),
        Effect.annotateLogs({ "deploy.id": id }),
        Effect.ensuring(wake),
        (run) => FiberMap.run(fibers, id, { onlyIfMissing: true })(run)
      )

    // One write ends many deploys. Those that end together are followed together, by one look and one claim; the look is had
    // while the write is on its way.
    const untilNoneEnds = Effect.gen(function* () {
      let before = -1
      let busy = yield* busyPlaces
      while (busy !== before) {
        before = busy
        yield* Effect.yieldNow
        busy = yield* busyPlaces
      }
      return busy
    })

    const turn = Effect.gen(function* () {
      const busy = yield* untilNoneEnds
      if (busy >= options.maxRunning) return
      const { maxRunning: limit, maxRunningPerWorkspace } = options
      // Without a span: an idle node looks each second, and would fill whatever collects traces with that.
      const ids = yield* store
        .claimable({ owner: runner.owner, limit, maxRunningPerWorkspace })
        .pipe(Effect.withTracerEnabled(false))
      const idle = ids.filter((id) => !FiberMap.hasUnsafe(fibers, id)).slice(0, options.maxRunning - busy)
      yield* Effect.forEach(idle, start, { discard: true })
    }).pipe(Effect.catchTag("StoreError", (error) => Effect.logWarning("Looking for deploys to run failed", error)))

    yield* store.changes.pipe(
      Stream.filter((change) => change.kind === "ready"),
      Stream.runForEach(() => wake),
      Effect.forkScoped({ startImmediately: true })
    )
    yield* turn.pipe(
      Effect.andThen(Effect.raceFirst(Queue.take(wakeups), Effect.sleep(options.pollEvery))),
      Effect.forever,
      Effect.forkScoped
    )
    return DeployDispatcher.of({ wake: () => wake })
  })
)
