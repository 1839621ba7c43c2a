// Takes each defence out of a copy of the sources and shows that its test fails; then each pair, and that the simulation
// breaks an invariant. `node test/simulation/mutations/run.ts [seeds for a pair, by default 400]`
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Mutation, mutations, unseenPairs } from "./mutations.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const copy = mkdtempSync(join(tmpdir(), "mutations-"))
const sources = join(copy, "packages/core/src")
const say = (line: string) => process.stdout.write(`${line}\n`)

/** A workspace of its own that holds core and these tests, and finds everything else where it is. */
const makeCopy = () => {
  for (const folder of ["packages/core/src", "test/simulation", "test/contract"])
    cpSync(join(root, folder), join(copy, folder), { recursive: true })
  for (const file of ["packages/core/package.json", "package.json"]) cpSync(join(root, file), join(copy, file))
  symlinkSync(join(root, "packages/core/node_modules"), join(copy, "packages/core/node_modules"))
  mkdirSync(join(copy, "node_modules/@deploys"), { recursive: true })
  symlinkSync(join(copy, "packages/core"), join(copy, "node_modules/@deploys/core"))
  for (const name of readdirSync(join(root, "node_modules")))
    if (!name.startsWith(".") && name !== "@deploys")
      symlinkSync(join(root, "node_modules", name), join(copy, "node_modules", name))
}

const takeOut = (taken: ReadonlyArray<Mutation>) => {
  rmSync(sources, { recursive: true, force: true })
  cpSync(join(root, "packages/core/src"), sources, { recursive: true })
  for (const { file, from, to } of taken.flatMap(({ edits }) => edits)) {
    const path = join(sources, file)
    writeFileSync(path, readFileSync(path, "utf8").replace(from, to))
  }
}

const run = (...args: ReadonlyArray<string>) => spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" })

/** The names of the direct tests that fail. */
const failing = (): ReadonlyArray<string> => {
  const report = join(copy, "report.json")
  const vitest = join(root, "node_modules/vitest/vitest.mjs")
  const config = join(copy, "test/simulation/mutations/vitest.config.ts")
  run(vitest, "run", "--config", config, "--reporter=json", `--outputFile=${report}`)
  const { testResults } = JSON.parse(readFileSync(report, "utf8"))
  return testResults.flatMap(({ assertionResults }: { assertionResults: ReadonlyArray<Record<string, string>> }) =>
    assertionResults.flatMap(({ status, title }) => (status === "passed" ? [] : [title]))
  )
}

const firstBreach = (seeds: number) => {
  const { status, stderr, stdout } = run(join(copy, "test/simulation/mutations/firstBreach.ts"), String(seeds))
  return status === 0 ? stdout.trim() : `it does not run: ${stderr.trim().split("\n").at(-1)}`
}

makeCopy()
const seeds = Number(process.argv[2] ?? 400)
let missed = 0
const judge = (isSeen: boolean, what: string, seen: string) => {
  if (!isSeen) missed += 1
  say(`${isSeen ? "seen  " : "MISSED"}  ${what}: ${seen}`)
}

const whole = [failing(), firstBreach(seeds)] as const
judge(
  whole[0].length === 0 && whole[1] === "",
  "nothing taken out",
  [...whole[0], whole[1]].join("; ") || "nothing fails"
)
for (const mutation of mutations) {
  takeOut([mutation])
  const failed = failing()
  judge(failed.includes(mutation.test), mutation.name, failed.join("; ") || "no test fails")
}
for (const [index, one] of mutations.entries())
  for (const other of mutations.slice(index + 1)) {
    takeOut([one, other])
    const breach = firstBreach(seeds)
    const isExcused = unseenPairs.some(([first, second]) => first === one.name && second === other.name)
    if (breach === "" && isExcused) say(`unseen  ${one.name} and ${other.name}: as is known`)
    else judge(breach !== "", `${one.name} and ${other.name}`, breach || `nothing in ${seeds} seeds`)
  }
rmSync(copy, { recursive: true, force: true })
process.exitCode = missed === 0 ? 0 : 1
