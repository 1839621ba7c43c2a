import { DeployId, EntityId } from "@deploys/core"
import { Schema } from "effect"
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import type { Served } from "../invariants/Snapshot.ts"

const Entry = Schema.Struct({
  /** Milliseconds of this machine's clock. */
  at: Schema.Finite,
  node: Schema.String,
  deployId: DeployId,
  entityId: EntityId,
  step: Schema.String,
  /** Which start of the step it was, over all processes; 0 for an undoing. */
  starts: Schema.Natural,
  /** `stopped`: it was interrupted. `landed` and `undone`: what production serves, or what was made, has changed. */
  what: Schema.Literals(["began", "landed", "ended", "stopped", "undone"])
})
/** Something that a process did to the world. */
export interface Entry extends Schema.Schema.Type<typeof Entry> {}

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Entry))

/**
 * What a target of several processes has made and serves, in a folder: it belongs to none of them and outlives each. Every
 * change is one synchronous call, so a kill finds it made or not made.
 */
export class World {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    for (const part of ["made", "live", "before"]) mkdirSync(join(folder, part), { recursive: true })
  }

  note(entry: Omit<Entry, "at">): void {
    appendFileSync(join(this.#folder, "log"), `${JSON.stringify({ at: Date.now(), ...entry })}\n`)
  }

  make(id: DeployId): void {
    writeFileSync(join(this.#folder, "made", id), "")
  }

  remove(id: DeployId): void {
    rmSync(join(this.#folder, "made", id), { force: true })
  }

  live(entityId: EntityId): DeployId | null {
    return this.#read("live", entityId)
  }

  goLive(entityId: EntityId, id: DeployId): void {
    const earlier = this.live(entityId)
    if (earlier !== id && !existsSync(join(this.#folder, "before", id))) this.#write("before", id, earlier ?? "")
    this.#write("live", entityId, id)
  }

  /** Puts back what was live before; `unresolved` where nothing was. */
  goBack(entityId: EntityId, id: DeployId): "discarded" | "reverted" | "unresolved" {
    if (this.live(entityId) !== id) return "discarded"
    const earlier = this.#read("before", id)
    if (earlier === null) return "unresolved"
    this.#write("live", entityId, earlier)
    return "reverted"
  }

  get log(): ReadonlyArray<Entry> {
    const file = join(this.#folder, "log")
    return existsSync(file)
      ? readFileSync(file, "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => decode(line))
      : []
  }

  get served(): Served {
    const entities = readdirSync(join(this.#folder, "live")).map((name) => EntityId.make(name))
    return {
      live: new Map(entities.flatMap((id) => [[id, this.live(id)] as const]).filter(isLive)),
      made: new Set(readdirSync(join(this.#folder, "made")).map((name) => DeployId.make(name))),
      strays: straysOf(this.log)
    }
  }

  #read(part: string, name: string): DeployId | null {
    const file = join(this.#folder, part, name)
    const text = existsSync(file) ? readFileSync(file, "utf8") : ""
    return text === "" ? null : DeployId.make(text)
  }

  /** By a rename, so that a reader sees the one or the other. */
  #write(part: string, name: string, text: string): void {
    const draft = join(this.#folder, `${process.pid}.draft`)
    writeFileSync(draft, text)
    renameSync(draft, join(this.#folder, part, name))
  }
}

const isLive = (pair: readonly [EntityId, DeployId | null]): pair is readonly [EntityId, DeployId] => pair[1] !== null

/** A process took effect after another had started the step anew or had undone it: it had lost the deploy, unknowing. */
const straysOf = (log: ReadonlyArray<Entry>): ReadonlySet<EntityId> => {
  const newest = new Map<string, number>()
  const strays = new Set<EntityId>()
  for (const { deployId, entityId, starts, step, what } of log) {
    const name = `${deployId} ${step}`
    const last = newest.get(name) ?? 0
    if (what === "began") newest.set(name, Math.max(last, starts))
    if (what === "undone") newest.set(name, Infinity)
    if (what === "landed" && starts < last) strays.add(entityId)
  }
  return strays
}
