import { join } from "node:path"
import { cpuOf, cpuOfChildren, memoryOf, runScript, type Server } from "./processes.ts"

/** A server under load, and what it is asked, in turn. */
export interface Subject {
  readonly name: string
  readonly server: Server
  readonly port: number
  readonly requests: ReadonlyArray<string>
}

/** What one round has shown of a subject; processor times in µs for a request. */
export interface Round {
  readonly name: string
  readonly rps: number
  readonly server: number
  readonly database: number
  readonly p50: number
  readonly p99: number
  readonly memory: number
}

interface Options {
  readonly connections: number
  readonly postmaster: number
  readonly millis: number
  readonly rounds: number
}

interface Load {
  readonly requests: number
  readonly rps: number
  readonly p50: number
  readonly p99: number
}

const script = join(import.meta.dirname, "load.ts")

const once = async (
  { name, port, requests, server }: Subject,
  { connections, millis, postmaster }: Options
): Promise<Round> => {
  const [serverBefore, databaseBefore] = [cpuOf(server.pid), cpuOfChildren(postmaster)]
  const load = (await runScript(script, { port, requests, connections, millis })) as Load
  const each = (seconds: number) => (seconds * 1e6) / load.requests
  return {
    name,
    rps: load.rps,
    server: each(cpuOf(server.pid) - serverBefore),
    database: each(cpuOfChildren(postmaster) - databaseBefore),
    p50: load.p50,
    p99: load.p99,
    memory: memoryOf(server.pid)
  }
}

/**
 * Code is compiled as it runs, and later the more of it there is: before anything counts, every server answers for so long
 * in all, in equal parts what each cell asks.
 */
export const warmUp = async (cells: ReadonlyArray<ReadonlyArray<Subject>>, millis: number): Promise<void> => {
  for (const { port, requests } of cells.flat()) {
    await runScript(script, { port, requests, connections: 8, millis: millis / cells.length })
  }
}

/** Rounds of all subjects, each beginning with the next one. The first round does not count. */
export const measure = async (
  subjects: ReadonlyArray<Subject>,
  options: Options
): Promise<ReadonlyArray<ReadonlyArray<Round>>> => {
  const rounds: Array<ReadonlyArray<Round>> = []
  for (let i = 0; i <= options.rounds; i++) {
    const turned = subjects
      .map((_, j) => subjects[(i + j) % subjects.length])
      .filter((subject) => subject !== undefined)
    const round: Array<Round> = []
    for (const subject of turned) round.push(await once(subject, options))
    if (i > 0) rounds.push(subjects.flatMap(({ name }) => round.filter((each) => each.name === name)))
  }
  return rounds
}
