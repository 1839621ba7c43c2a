import { Deferred, Effect, Fiber, FileSystem, type PlatformError, Schema, Stream } from "effect"
import { ChildProcess, type ChildProcessSpawner } from "effect/process"
import { fileURLToPath } from "node:url"

/** The command line's own file. */
export const bin = fileURLToPath(new URL("../../../packages/server/src/bin.ts", import.meta.url))

/** The environment of the test run reaches no process but for what is named here. */
const command = (args: ReadonlyArray<string>, settings: Record<string, string>) =>
  ChildProcess.make(process.execPath, [bin, ...args], {
    env: { PATH: process.env["PATH"], ...settings },
    extendEnv: false,
    stdin: "ignore",
    forceKillAfter: "10 seconds"
  })

/** What a command that has ended said. */
export interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const text = (bytes: Stream.Stream<Uint8Array, PlatformError.PlatformError>) =>
  Effect.map(Stream.runCollect(Stream.decodeText(bytes)), (parts) => parts.join(""))

/** How a process that was started ends; `spoke` is done once it has printed something. */
const ended = (handle: ChildProcessSpawner.ChildProcessHandle, spoke: Deferred.Deferred<void>) => {
  const stdout = Stream.tap(handle.stdout, () => Deferred.succeed(spoke, undefined))
  return Effect.all(
    { exitCode: handle.exitCode, stdout: text(stdout), stderr: text(handle.stderr) },
    { concurrency: "unbounded" }
  )
}

/** Runs `deploys` to its end. */
export const deploys = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  settings: Record<string, string> = {}
) {
  return yield* ended(yield* command(args, settings), yield* Deferred.make<void>())
}, Effect.scoped)

/** Starts `deploys` and lets it run; `spoke` waits until it has printed something, `result` for its end. */
export const started = Effect.fnUntraced(function* (args: ReadonlyArray<string>, settings: Record<string, string>) {
  const handle = yield* command(args, settings)
  const spoke = yield* Deferred.make<void>()
  const result = yield* Effect.forkScoped(ended(handle, spoke))
  return { handle, spoke: Deferred.await(spoke), result: Fiber.join(result) }
})

class DidNotStart extends Schema.TaggedError<DidNotStart>()("DidNotStart", { said: Schema.String }) {
  override get message() {
    return `The server did not start: ${this.said}`
  }
}

/** A server that listens. */
export interface RunningServer {
  readonly handle: ChildProcessSpawner.ChildProcessHandle
  readonly url: string
  readonly port: string
  readonly token: string
  readonly data: string
}

/** Starts `deploys serve` on free ports, and answers once it listens. It is gone with the scope. */
export const serve = Effect.fnUntraced(function* (data: string, settings: Record<string, string> = {}) {
  const fs = yield* FileSystem.FileSystem
  const handle = yield* command(["serve"], { PORT: "0", SITES_PORT: "0", DATA_DIR: data, ...settings })
  const lines = Stream.splitLines(Stream.decodeText(handle.stdout))
  const first = (yield* Stream.runCollect(Stream.take(lines, 1)))[0]
  if (first === undefined) return yield* new DidNotStart({ said: yield* text(handle.stderr) })
  const url = /http:\S+/.exec(first)?.[0] ?? first
  const token = settings["ROOT_TOKEN"] ?? (yield* fs.readFileString(`${data}/root-token`)).trim()
  return { handle, url, port: new URL(url).port, token, data } satisfies RunningServer
})

/** What the command line needs to find a server. */
export const towards = ({ token, url }: RunningServer) => ({ DEPLOYS_URL: url, DEPLOYS_TOKEN: token })

/** As `kill -9` does: nothing in the process gets a say. */
export const killed = ({ handle }: RunningServer) => Effect.ignore(handle.kill({ killSignal: "SIGKILL" }))

/** As an operator stops it; answers with the exit code. */
export const stopped = ({ handle }: RunningServer) =>
  Effect.andThen(handle.kill({ killSignal: "SIGTERM" }), handle.exitCode)
