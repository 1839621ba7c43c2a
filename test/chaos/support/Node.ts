import { Effect, Schema, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { bundled, compileCache } from "./bundle.ts"
import type { NodeConfig } from "./NodeConfig.ts"

/** A process did not say that it is up. */
class NodeDown extends Schema.TaggedError<NodeDown>()("NodeDown", { name: Schema.String, said: Schema.String }) {
  override get message() {
    return `Node ${this.name} did not come up: ${this.said}`
  }
}

/** A node in a process of its own. */
export class Node {
  readonly name: string
  readonly #child: ChildProcess
  readonly #words = new Set<string>()
  readonly #waiting = new Set<() => void>()
  #said = ""

  constructor(config: NodeConfig, script: string) {
    this.name = config.name
    this.#child = spawn(process.execPath, [script], {
      env: { PATH: process.env["PATH"], NODE_CONFIG: JSON.stringify(config), NODE_COMPILE_CACHE: compileCache },
      stdio: ["pipe", "pipe", "pipe"]
    })
    const { stderr, stdin, stdout } = this.#child
    // A process that was killed can't read what it is told.
    stdin?.once("error", () => undefined)
    for (const output of [stdout, stderr])
      if (output !== null) createInterface({ input: output }).on("line", (line) => this.#hear(line))
    this.#child.once("exit", () => this.#hear("gone"))
  }

  #hear(line: string): void {
    this.#words.add(line)
    this.#said = `${this.#said}${line}\n`.slice(-4000)
    for (const wake of this.#waiting) wake()
  }

  #heard(word: string): Effect.Effect<void, NodeDown> {
    return Effect.callback((resume) => {
      const look = () => {
        if (!this.#words.has(word) && !this.#words.has("gone")) return
        this.#waiting.delete(look)
        resume(this.#words.has(word) ? Effect.void : new NodeDown({ name: this.name, said: this.#said }))
      }
      this.#waiting.add(look)
      look()
      return Effect.sync(() => void this.#waiting.delete(look))
    })
  }

  /** What it has written last. */
  get said(): string {
    return this.#said
  }

  get isGone(): boolean {
    return this.#words.has("gone")
  }

  /** Lets it begin; answers when it is up. */
  get begin(): Effect.Effect<void, NodeDown> {
    return Effect.suspend(() => {
      this.#child.stdin?.write("go\n")
      return this.#heard("up")
    })
  }

  /** Sends a signal, `SIGSTOP` and `SIGCONT` among them. */
  signal(signal: NodeJS.Signals): Effect.Effect<void> {
    return Effect.sync(() => void this.#child.kill(signal))
  }

  /** As `kill -9` does: nothing in the process gets a say. */
  get kill(): Effect.Effect<void> {
    return Effect.andThen(this.signal("SIGKILL"), Effect.ignore(this.#heard("gone")))
  }

  /** Ends it in good order. */
  get stop(): Effect.Effect<void> {
    return Effect.andThen(
      Effect.sync(() => void this.#child.stdin?.end()),
      Effect.ignore(this.#heard("gone"))
    )
  }
}

/** Starts a process that loads its modules and then waits until it is to begin. It is gone with the scope. */
export const spareNode = (config: NodeConfig): Effect.Effect<Node, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(
      Effect.promise(() => bundled),
      (script) => new Node(config, script)
    ),
    (node) => node.kill
  )

/** Starts a node, and answers when it is up. */
export const startNode = (config: NodeConfig): Effect.Effect<Node, NodeDown, Scope.Scope> =>
  Effect.tap(spareNode(config), (node) => node.begin)
