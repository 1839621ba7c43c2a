import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, FileSystem, PlatformError, Sink } from "effect"
import { filesOf } from "./support/artifacts.ts"
import { walk } from "./support/deploys.ts"
import { ask, Faults, target } from "./support/sites.ts"

/** As Node's file system fails: the reason is the system's own error. */
const systemError = (tag: PlatformError.SystemErrorTag, text: string) =>
  PlatformError.systemError({ _tag: tag, module: "FileSystem", method: "call", cause: new Error(text) })

const full = systemError("Unknown", "ENOSPC: no space left on device, write")
const denied = systemError("PermissionDenied", "EACCES: permission denied, mkdir '/sites'")

const withFault = <A, E, R>(fault: Partial<FileSystem.FileSystem>, use: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Faults, (faults) =>
    Effect.acquireUseRelease(
      Effect.sync(() => void (faults.current = fault)),
      () => use,
      () => Effect.sync(() => void (faults.current = {}))
    )
  )

const home = (name: string) => Effect.map(ask(`${name}.localhost`, "/"), ({ text }) => text)

layer(target)("a file system that fails", (it) => {
  it.effect.each([
    ["stage", "ENOSPC: no space left on device, write", { sink: () => Sink.fail(full) }],
    ["stage", "EACCES: permission denied, mkdir '/sites'", { makeDirectory: () => Effect.fail(denied) }],
    ["switch", "ENOSPC: no space left on device, write", { rename: () => Effect.fail(full) }]
  ] as const)("in %s is a reason to try again, told as %s", ([step, reason, fault]) =>
    Effect.gen(function* () {
      const name = `faults-${step}`
      yield* (yield* walk(filesOf({ "index.html": "first" }), name)).through("verify")
      const deploy = yield* walk(filesOf({ "index.html": "second" }), name)
      yield* deploy.run("prepare")
      if (step === "switch") yield* deploy.run("stage")
      const error = yield* withFault(fault, Effect.flip(deploy.run(step)))
      assert.deepStrictEqual([error.code, error.retryable], ["step_failed", true])
      assert.include(error.message, reason)
      assert.strictEqual(yield* home(name), "first")
      yield* deploy.through("verify")
      assert.strictEqual(yield* home(name), "second")
    })
  )

  it.effect("an interrupt waits for a rename on its way, and undoing then sees it", () =>
    Effect.gen(function* () {
      const node = yield* FileSystem.FileSystem.pipe(Effect.provide(NodeServices.layer))
      yield* (yield* walk(filesOf({ "index.html": "first" }), "slow")).through("verify")
      const deploy = yield* walk(filesOf({ "index.html": "second" }), "slow")
      yield* deploy.through("stage")
      const onItsWay = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const rename: FileSystem.FileSystem["rename"] = (from, to) =>
        Deferred.succeed(onItsWay, undefined).pipe(
          Effect.andThen(Deferred.await(go)),
          Effect.andThen(node.rename(from, to))
        )
      const exit = yield* withFault(
        { rename },
        Effect.gen(function* () {
          const switching = yield* Effect.forkChild(deploy.run("switch"))
          yield* Deferred.await(onItsWay)
          const interrupting = yield* Effect.forkChild(Fiber.interrupt(switching), { startImmediately: true })
          yield* Deferred.succeed(go, undefined)
          yield* Fiber.join(interrupting)
          return yield* Fiber.await(switching)
        })
      )
      assert.isTrue(Exit.hasInterrupts(exit))
      assert.strictEqual(yield* home("slow"), "second")
      assert.strictEqual(yield* deploy.undo("switch"), "reverted")
      assert.strictEqual(yield* home("slow"), "first")
    })
  )
})
