/** A defence of the engine, and how to take it out of the sources. */
export interface Mutation {
  readonly name: string
  /** The test that must fail without it. */
  readonly test: string
  /** What stands in which file of `packages/core/src`, once each, and what is put in its place. */
  readonly edits: ReadonlyArray<{ readonly file: string; readonly from: string; readonly to: string }>
}

const inMemory = (file: string, from: string, to: string) => ({ file: `memory/internal/${file}.ts`, from, to })

/** The defences that a test stands for, one each. */
export const mutations: ReadonlyArray<Mutation> = [
  {
    name: "epoch compare",
    test: "refuses the epoch of an earlier claim",
    edits: [inMemory("move", "request.epoch === stored.epoch && ", "")]
  },
  {
    name: "epoch raised by cancel",
    test: "refuses the epoch that a cancel has raised",
    edits: [inMemory("land", "{ ...stored, epoch: epoch + 1 }", "{ ...stored, epoch }")]
  },
  {
    name: "status compare",
    test: "refuses to move a deploy that is over",
    edits: [inMemory("move", " && isInPhase(stored, patch.phase)", "")]
  },
  {
    name: "last event compare",
    test: "refuses a writer that does not know the last event",
    edits: [inMemory("move", "request.after === lastEvent(stored) && ", "")]
  },
  {
    name: "one running per entity",
    test: "lets one deploy of an entity run",
    edits: [inMemory("claim", "nextOf(state, lane) !== id", "nextOf(state, { ...lane, occupant: null }) !== id")]
  },
  {
    name: "places of a workspace",
    test: "gives no more places of a workspace than there are",
    edits: [inMemory("claim", " || !hasPlace(state, stored, request)", "")]
  },
  {
    name: "lane kept while settling",
    test: "keeps a lane for a deploy that settles",
    edits: [inMemory("land", `end === undefined || end === "settling"`, "end === undefined")]
  },
  {
    name: "lease compare",
    test: "lets nobody take a lease that holds",
    edits: [inMemory("claim", "!(isLeaseFree(stored, now) || stored.lease?.owner === request.owner)", "false")]
  },
  {
    name: "epoch compare of renewals",
    test: "renews no lease of an earlier epoch",
    edits: [
      inMemory(
        "lease",
        "stored?.epoch === epoch && stored.lease !== null",
        "stored !== undefined && epoch > 0 && stored.lease !== null"
      )
    ]
  },
  {
    name: "event in the same transaction",
    test: "writes the event of a change with the change",
    edits: [inMemory("land", "withEvents(patched(stored, patch, at), patch.events, at)", "patched(stored, patch, at)")]
  }
]

/**
 * Pairs that nothing but their direct tests has seen: both guard against a writer that holds the present epoch, and a
 * runner writes one thing after the other.
 */
export const unseenPairs: ReadonlyArray<readonly [one: string, other: string]> = [
  ["status compare", "last event compare"]
]
