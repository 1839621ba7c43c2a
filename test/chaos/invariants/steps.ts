import type { StepRecord } from "@deploys/core"
import { stepDisorder } from "../../invariants/stepDisorder.ts"
import { ofEach, type Rule } from "./Rule.ts"
import type { EventRow } from "./Snapshot.ts"

const startsOf = (events: ReadonlyArray<EventRow>, { index }: StepRecord) =>
  events.filter(({ event }) => event.type === "step.running" && event.data.index === index).length

/** Steps run in order, each attempt in its turn; a completed one is never started again; starts are counted. */
const stepsInOrder = ofEach(15, function* ({ deploy, events, steps }) {
  yield* stepDisorder(events.map(({ event }) => event))
  for (const step of steps) {
    const starts = startsOf(events, step)
    if (starts !== step.starts) yield `step ${step.name} counts ${step.starts} starts, its events ${starts}`
  }
  const left = steps.find(({ status }) => status !== "completed")
  if (deploy.status === "completed" && left !== undefined) yield `completed, and step ${left.name} is ${left.status}`
})

/** A step that failed for good fails its deploy, which names it. */
const stepsFail = ofEach(16, function* ({ deploy, events }) {
  const index = events.findIndex(({ event }) => event.type === "step.failed")
  const failed = events[index]?.event
  if (deploy.failureCode === "step_failed" && failed === undefined) yield "failed by a step, and none has failed"
  if (failed?.type !== "step.failed") return
  if (events[index + 1]?.event.type !== "deploy.failed") yield `step ${failed.data.name} failed and the deploy went on`
  if (deploy.error?.includes(failed.data.name) !== true) yield `step ${failed.data.name} failed: ${deploy.error}`
})

/** A result is stored of the attempt at work alone. */
const noLateResult = ofEach(17, function* ({ events }) {
  const last = new Map<number, { readonly attempt: number; readonly isOver: boolean }>()
  for (const { event } of events) {
    if (event.type === "step.running") last.set(event.data.index, { attempt: event.data.attempt, isOver: false })
    if (event.type !== "step.completed" && event.type !== "step.retrying") continue
    const { attempt, index, name } = event.data
    const known = last.get(index)
    if (known?.attempt !== attempt || known.isOver)
      yield `${event.type} of ${name} tells of attempt ${attempt}, the last is ${known?.attempt}`
    last.set(index, { attempt, isOver: true })
  }
})

/** A completed step has its output. The chaos target returns the name of the process that ran the step. */
const outputsStay = ofEach(18, function* ({ steps }) {
  for (const { name, output, status } of steps)
    if ((status === "completed") !== (output !== null)) yield `step ${name} is ${status}, its output ${String(output)}`
})

/** Steps. */
export const steps: ReadonlyArray<Rule> = [stepsInOrder, stepsFail, noLateResult, outputsStay]
