// Takes each defence out of a copy of the sources, of the store in memory and of the one in SQL (on PGlite), and shows that
// its case of the contract fails; then each pair in memory, and what the runner is careful about, and that the simulation
// breaks an invariant.
// `node test/simulation/mutations/run.ts [seeds for a pair, by default 400]`; with `copy` behind them it shows no more than that
// the simulation runs in the copy.
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { carelessRuns, type Edit, type Mutation, mutations, unseenPairs } from "./mutations.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const copy = mkdtempSync(join(tmpdir(), "mutations-"))
const packages = ["core", "sql-store"] as const
const say = (line: string) => process.stdout.write(`${line}\n`)

/** A workspace of its own that holds the two packages and these tests, and finds everything else where it is. */
const makeCopy = () => {
  for (const folder of ["test/simulation", "test/invariants", "test/contract"])
    cpSync(join(root, folder), join(copy, folder), { recursive: true })
  cpSync(join(root, "package.json"), join(copy, "package.json"))
  mkdirSync(join(copy, "node_modules/@deploys"), { recursive: true })
  for (const name of packages) {
    cpSync(join(root, "packages", name, "src"), join(copy, "packages", name, "src"), { recursive: true })
    cpSync(join(root, "packages", name, "package.json"), join(copy, "packages", name, "package.json"))
    mkdirSync(join(copy, "packages", name, "node_modules/@deploys"), { recursive: true })
    for (const found of readdirSync(join(root, "packages", name, "node_modules")))
      if (!found.startsWith(".") && found !== "@deploys")
        symlinkSync(
          join(root, "packages", name, "node_modules", found),
          join(copy, "packages", name, "node_modules", found)
        )
    symlinkSync(join(copy, "packages", name), join(copy, "node_modules/@deploys", name))
  }
  symlinkSync(join(root, "packages/sql-store/assets"), join(copy, "packages/sql-store/assets"))
  symlinkSync(join(copy, "packages/core"), join(copy, "packages/sql-store/node_modules/@deploys/core"))
  for (const name of readdirSync(join(root, "node_modules")))
    if (!name.startsWith(".") && name !== "@deploys")
      symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name))
}

const takeOut = (edits: ReadonlyArray<Edit>) => {
  for (const name of packages) {
    rmSync(join(copy, "packages", name, "src"), { recursive: true, force: true })
    cpSync(join(root, "packages", name, "src"), join(copy, "packages", name, "src"), { recursive: true })
  }
  for (const { file, from, to } of edits) {
    const path = join(copy, "packages", file)
    writeFileSync(path, readFileSync(path, "utf8").replace(from, to))
  }
}

const run = (...args: ReadonlyArray<string>) => spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" })

interface TestFile {
  readonly message: string
  readonly assertionResults: ReadonlyArray<{ readonly status: string; readonly title: string }>
}

type Store = "MemoryStore" | "pglite"

const doesNotRun = "it does not run"

/** The cases of a store's contract that fail, of all or of those of this name; none ran where there is no report. */
const failing = (store: Store, title = ""): ReadonlyArray<string> => {
  const report = join(copy, "report.json")
  rmSync(report, { force: true })
  const vitest = join(root, "node_modules/vitest/vitest.mjs")
  const config = join(copy, "test/simulation/mutations/vitest.config.ts")
  const named = title === "" ? [] : [`-t=${title}`]
  run(vitest, "run", "--config", config, "--reporter=json", `--outputFile=${report}`, ...named, store)
  const { testResults } = JSON.parse(readFileSync(report, "utf8"))
  return testResults.flatMap(({ assertionResults, message }: TestFile) =>
    assertionResults.every(({ status }) => status !== "passed" && status !== "failed")
      ? [`${doesNotRun}: ${message}`]
      : assertionResults.flatMap(({ status, title }) => (status === "failed" ? [title] : []))
  )
}

const firstBreach = (seeds: number) => {
  const { status, stderr, stdout } = run(join(copy, "test/simulation/mutations/firstBreach.ts"), String(seeds))
  return status === 0 ? stdout.trim() : `${doesNotRun}: ${stderr.split("\n").find((line) => line.includes("Error"))}`
}

/** Whether this is what the simulation found: sources that do not run have shown nothing. */
const isFound = (breach: string) => breach !== "" && !breach.startsWith(doesNotRun)

const seeds = Number(process.argv[2] ?? 400)
let missed = 0
const judge = (isSeen: boolean, what: string, seen: string) => {
  if (!isSeen) missed += 1
  say(`${isSeen ? "seen  " : "MISSED"}  ${what}: ${seen}`)
}

const judgeWhole = () => {
  const wrong = [...failing("MemoryStore"), ...failing("pglite"), firstBreach(seeds)].filter((what) => what !== "")
  judge(wrong.length === 0, "nothing taken out", wrong.join("; ") || "nothing fails")
}

const judgeAlone = ({ memory, name, sql, test }: Mutation) => {
  for (const [store, edits] of [
    ["MemoryStore", memory],
    ["pglite", sql]
  ] as const) {
    takeOut(edits)
    const failed = failing(store, test)
    judge(failed.includes(test), `${name}, ${store}`, failed.join("; ") || "no test fails")
  }
}

const judgePair = (one: Mutation, other: Mutation) => {
  takeOut([...one.memory, ...other.memory])
  const breach = firstBreach(seeds)
  const isExcused = unseenPairs.some(([first, second]) => first === one.name && second === other.name)
  if (breach === "" && isExcused) say(`unseen  ${one.name} and ${other.name}: as is known`)
  else judge(isFound(breach), `${one.name} and ${other.name}`, breach || `nothing in ${seeds} seeds`)
}

const judgeRuns = () => {
  for (const { edits, name } of carelessRuns) {
    takeOut(edits)
    const breach = firstBreach(5 * seeds)
    judge(isFound(breach), name, breach || `nothing in ${5 * seeds} seeds`)
  }
}

const judgeCopy = () => {
  const breach = firstBreach(seeds)
  judge(breach === "", "nothing taken out", breach || "nothing fails")
}

const judgeAll = () => {
  judgeWhole()
  for (const mutation of mutations) judgeAlone(mutation)
  judgeRuns()
  for (const [index, one] of mutations.entries())
    for (const other of mutations.slice(index + 1)) if (one.memory !== other.memory) judgePair(one, other)
}

makeCopy()
if (process.argv[3] === "copy") judgeCopy()
else judgeAll()
rmSync(copy, { recursive: true, force: true })
process.exitCode = missed === 0 ? 0 : 1
