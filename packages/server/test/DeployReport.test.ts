import { type FeedEvent, DeployId, Timestamp } from "@deploys/core"
import { assert, describe, it } from "@effect/vitest"
import { advance, type DeployReport, emptyReport, linesOf, liveLineOf } from "../src/cli/DeployReport.ts"
import { formatDuration, formatProgress, progressBar } from "../src/cli/ProgressBar.ts"
import { styles } from "../src/cli/Screen.ts"

const deployId = DeployId.make("dep_01j00000000000000000000000")
const at = (seconds: number) => Timestamp.make(`2026-01-01T00:00:${String(seconds).padStart(2, "0")}.250000Z`)

type Content = FeedEvent extends infer E ? (E extends FeedEvent ? Pick<E, "type" | "data"> : never) : never

const told = (seconds: number, content: Content): FeedEvent => {
  const frame = { deployId, at: at(seconds) }
  return content.type === "progress" ? { ...frame, ...content } : { ...frame, sequence: seconds + 1, ...content }
}

const stage = { index: 1, name: "stage" }
const running = told(1, { type: "step.running", data: { ...stage, attempt: 1 } })
const half = told(2, { type: "progress", data: { ...stage, done: 4, total: 8, unit: "files" } })

const reportOf = (events: ReadonlyArray<FeedEvent>): DeployReport => events.reduce(advance, emptyReport)

const linesAfter = (events: ReadonlyArray<FeedEvent>, last: FeedEvent) => linesOf(reportOf(events), last, styles.plain)

const live = (events: ReadonlyArray<FeedEvent>) => liveLineOf(reportOf(events), styles.plain)?.(0) ?? null

describe("the report of a deploy", () => {
  it("shows the step at work, with a bar once it is known how much there is", () => {
    assert.strictEqual(live([]), null)
    assert.strictEqual(live([running]), "⠋ stage")
    assert.strictEqual(live([running, half]), `⠋ stage      ${"█".repeat(12)}${"░".repeat(12)}  50 %  4 of 8 files`)
    const open = told(2, { type: "progress", data: { ...stage, done: 4, total: null, unit: "files" } })
    assert.strictEqual(live([running, open]), "⠋ stage      4 files")
  })

  it("shows no progress of another step than the one at work", () => {
    const late = told(2, { type: "progress", data: { index: 0, name: "prepare", done: 1, total: 2, unit: "files" } })
    assert.strictEqual(live([running, late]), "⠋ stage")
    assert.strictEqual(live([late]), null)
  })

  it("keeps a line of each step that is done: how long it took, and what it did", () => {
    const done = told(3, { type: "step.completed", data: { ...stage, attempt: 1 } })
    assert.deepStrictEqual(linesAfter([running, half], done), ["✓ stage        2.0 s   4 of 8 files"])
    assert.deepStrictEqual(linesAfter([], done), ["✓ stage"])
    assert.strictEqual(live([running, half, done]), null)
  })

  const lines: ReadonlyArray<readonly [content: Content, line: string]> = [
    [{ type: "step.failed", data: { ...stage, attempt: 1, error: "no disk" } }, "✗ stage      no disk"],
    [
      { type: "step.retrying", data: { ...stage, attempt: 1, error: "busy", delayMillis: 500 } },
      "↻ stage      busy (next attempt in 0.5 s)"
    ],
    [{ type: "step.cancelled", data: stage }, "↺ stage      stopped"],
    [{ type: "step.discarded", data: stage }, "↺ stage      ended too late, result dropped"],
    [{ type: "step.compensated", data: { ...stage, outcome: "reverted", error: null } }, "↺ stage      undone"],
    [
      { type: "step.compensated", data: { ...stage, outcome: "unresolved", error: "x" } },
      "↺ stage      could not be undone"
    ],
    [{ type: "log", data: { level: "info", message: "copied", step: "stage" } }, "  │ copied"]
  ]
  it.each(lines)("tells %j in one line", (content, line) => {
    assert.deepStrictEqual(linesAfter([running], told(3, content)), [line])
  })

  it("lets no text of others move the cursor or break the line", () => {
    const message = "\u001b[2Jfree\r\nline\u0007\u009b2K"
    const [line] = linesAfter([], told(1, { type: "log", data: { level: "info", message, step: null } }))
    assert.strictEqual(line, "  │ [2Jfree line 2K")
  })
})

describe("a progress bar", () => {
  it.each([
    [0, 10, "░".repeat(24), "  0 %"],
    [10, 10, "█".repeat(24), "100 %"],
    [999, 1000, `${"█".repeat(23)}░`, " 99 %"],
    [0, 0, "█".repeat(24), "100 %"],
    [20, 10, "█".repeat(24), "100 %"]
  ])("of %d of %d is full only when all is done", (done, total, bar, percent) => {
    assert.strictEqual(progressBar(done, total), `${bar} ${percent}`)
  })

  it.each([
    [0, "0.0 s"],
    [59_900, "59.9 s"],
    [59_960, "1 min 0 s"],
    [125_000, "2 min 5 s"],
    [-5, "0.0 s"]
  ])("says %d ms as %s", (millis, text) => assert.strictEqual(formatDuration(millis), text))

  it("counts bytes in units, and other things as they are", () => {
    assert.strictEqual(formatProgress({ done: 1024, total: 2048, unit: "bytes" }), "1 KiB of 2 KiB")
    assert.strictEqual(formatProgress({ done: 1024, total: 2048, unit: "files" }), "1024 of 2048 files")
  })
})
