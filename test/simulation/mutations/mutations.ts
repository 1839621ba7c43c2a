/** What stands in which file of `packages`, once, and what is put in its place. */
export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** A defence of the engine, and how to take it out of the sources of each store. */
export interface Mutation {
  readonly name: string
  /** The case of the stores' contract that must fail without it. */
  readonly test: string
  readonly memory: ReadonlyArray<Edit>
  readonly sql: ReadonlyArray<Edit>
}

const inMemory = (file: string, from: string, to: string): Edit => ({
  file: `core/src/memory/internal/${file}.ts`,
  from,
  to
})
const inSql = (file: string, from: string, to: string): Edit => ({
  file: `sql-store/src/statements/${file}.ts`,
  from,
  to
})

const epochRaised = {
  memory: [inMemory("land", "{ ...stored, epoch: epoch + 1 }", "{ ...stored, epoch }")],
  sql: [inSql("landPatches", "d.epoch + (r.phase = 'open')::int AS epoch", "d.epoch AS epoch")]
}

/** The defences that a test stands for, one each. */
export const mutations: ReadonlyArray<Mutation> = [
  {
    name: "epoch compare",
    test: "refuses the epoch of an earlier claim",
    memory: [inMemory("move", "request.epoch === stored.epoch && ", "")],
    sql: [inSql("landPatches", "d.epoch = r.epoch AND ", "")]
  },
  {
    name: "epoch raised by cancel",
    test: "refuses the epoch that a cancel has raised",
    ...epochRaised
  },
  {
    name: "epoch raised by a newer deploy",
    test: "refuses the epoch that a newer deploy has raised",
    ...epochRaised
  },
  {
    name: "status compare",
    test: "refuses to move a deploy that is over",
    memory: [inMemory("move", " && isInPhase(stored, patch.phase)", "")],
    sql: [
      inSql("landPatches", "WHEN 'running' THEN d.status = 'running'", "WHEN 'running' THEN true"),
      inSql("landPatches", "WHEN 'settling' THEN d.settling", "WHEN 'settling' THEN true"),
      inSql("landPatches", "WHEN 'either' THEN d.status = 'running' OR d.settling", "WHEN 'either' THEN true")
    ]
  },
  {
    name: "last event compare",
    test: "refuses a writer that does not know the last event",
    memory: [inMemory("move", "request.after === lastEvent(stored) && ", "")],
    sql: [inSql("landPatches", "d.last_event = r.after AND ", "")]
  },
  {
    name: "one running per entity",
    test: "lets one deploy of an entity run",
    memory: [inMemory("claim", "nextOf(state, lane) !== id", "nextOf(state, { ...lane, occupant: null }) !== id")],
    sql: [inSql("claimDeploys", "lane.active_deploy_id IS NULL AND ", "")]
  },
  {
    name: "lane kept while settling",
    test: "keeps a lane for a deploy that settles",
    memory: [inMemory("land", `end === undefined || end === "settling"`, "end === undefined")],
    sql: [
      inSql("landPatches", "'end' IN ('live', 'over')", "'end' IN ('live', 'over', 'settling')"),
      inSql("landPatches", "FROM changed WHERE ending IN ('live', 'over')", "FROM changed WHERE ending IS NOT NULL")
    ]
  },
  {
    name: "hold compare",
    test: "keeps an automatic deploy from beginning while there is a hold",
    memory: [inMemory("state", `lane.hold !== null && deploy.trigger === "auto"`, `deploy.trigger !== deploy.trigger`)],
    sql: [inSql("claimDeploys", "l.hold IS NOT NULL AS held", "false AS held")]
  },
  {
    name: "slots of a workspace",
    test: "lets no more deploys of a workspace run than it has places",
    memory: [inMemory("claim", "< maxRunningPerWorkspace", ">= 0 || maxRunningPerWorkspace > 0")],
    sql: [inSql("claimDeploys", "WHERE NOT starts OR places IS NULL", "WHERE true OR places IS NULL")]
  },
  {
    name: "lease compare",
    test: "lets nobody take a lease that holds",
    memory: [inMemory("claim", "!(isLeaseFree(stored, now) || stored.lease?.owner === request.owner)", "false")],
    sql: [
      inSql("claimDeploys", "d.lease_until IS NULL OR d.lease_until <= clock_timestamp() OR d.owner = r.owner", "true")
    ]
  },
  {
    name: "epoch compare of renewals",
    test: "renews no lease of an earlier epoch",
    memory: [
      inMemory(
        "lease",
        "stored?.epoch === epoch && stored.lease !== null",
        "stored !== undefined && epoch > 0 && stored.lease !== null"
      )
    ],
    sql: [inSql("leases", "d.epoch = r.epoch AND ", "")]
  },
  {
    name: "event in the same transaction",
    test: "writes the event of a change with the change",
    memory: [
      inMemory("land", "withEvents(patched(stored, patch, at), patch.events, at)", "patched(stored, patch, at)")
    ],
    sql: [inSql("landPatches", "WITH ORDINALITY AS e(event, n)", "WITH ORDINALITY AS e(event, n) WHERE false")]
  }
]

const inRun = (file: string, from: string, to: string): Edit => ({ file: `core/src/run/${file}.ts`, from, to })

/** What the runner is careful about: the simulation must find that it is not any more. */
export const carelessRuns: ReadonlyArray<{ readonly name: string; readonly edits: ReadonlyArray<Edit> }> = [
  {
    name: "a deploy runs once in a process",
    edits: [inRun("DeployRunner", "if (atWork.has(id)) return", "")]
  },
  {
    name: "an attempt that has failed before a crash is over",
    edits: [inRun("DeployRun", "isBetweenAttempts(record) ? record.attempt + 1 : ", "")]
  },
  {
    name: "starts that end in a crash are counted",
    edits: [inRun("DeployRun", "startsOfAttempt(record) >= maxStarts", "startsOfAttempt(record) >= Infinity")]
  },
  {
    name: "an attempt that can't be stopped has ended before the next",
    edits: [inRun("StepRunner", "Effect.map(Fiber.await(fiber), Exit.getSuccess)", "Effect.succeedNone")]
  },
  {
    name: "an attempt that is late leaves its deploy unresolved",
    edits: [inRun("DeploySettling", "isLate: true", "isLate: false")]
  },
  {
    name: "a deploy that waits for what it left at work keeps its lease",
    edits: [inRun("DeployRunner", "isAnyAtWork(inFlight.values()) ? Effect.void : ", "")]
  },
  {
    name: "the plan fits the steps that are stored",
    edits: [inRun("StepRecords", "if (missing !== undefined)", "if (missing !== missing)")]
  },
  {
    name: "a leftover of a run is undone",
    edits: [inRun("StepRecords", "(step.starts > 0 && step.undoable)", "false")]
  }
]

/**
 * Pairs that nothing but their direct tests has seen: both guard against a writer that holds the present epoch, and a
 * runner writes one thing after the other.
 */
export const unseenPairs: ReadonlyArray<readonly [one: string, other: string]> = [
  ["status compare", "last event compare"]
]
