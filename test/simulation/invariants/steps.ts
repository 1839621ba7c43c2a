import type { StepRecord } from "@deploys/core"
import { Equal } from "effect"
import { stepDisorder } from "../../invariants/stepDisorder.ts"
import type { Invariant } from "./Invariant.ts"

/** Starts of a step's present attempt that ended in a crash, and the one that did not. */
const startsOfAttempt = ({ attempt, starts }: StepRecord) => starts - Math.max(0, attempt - 1)

/** Steps run in order, each attempt in its turn, and no more often than they may. */
const stepsInOrder: Invariant = {
  number: 15,
  *breaches({ attempts, maxStarts, rows }) {
    for (const { events, record } of rows) {
      const { id } = record.deploy
      for (const wrong of stepDisorder(events)) yield `${id}: ${wrong}`
      for (const step of record.steps) {
        const starts = events.filter((event) => event.type === "step.running" && event.data.index === step.index)
        if (starts.length !== step.starts)
          yield `${id}: step ${step.name} counts ${step.starts} starts, its events ${starts.length}`
        if (step.attempt > (attempts.get(step.name) ?? Infinity))
          yield `${id}: step ${step.name} was tried ${step.attempt} times`
        if (startsOfAttempt(step) > maxStarts) yield `${id}: step ${step.name} was started ${step.starts} times`
      }
    }
  }
}

/** Why a step may fail with tries left. */
const forGood = /refused|longer than|was started \d times|be undone/

/** A step that failed for good fails its deploy, which names it; and it had no tries left. */
const stepsFail: Invariant = {
  number: 16,
  *breaches({ attempts, rows }) {
    for (const { events, record } of rows) {
      const { error, failureCode, id } = record.deploy
      const failed = events.find((event) => event.type === "step.failed")
      if (failureCode === "step_failed" && failed === undefined) yield `${id} failed by a step, and none has failed`
      if (failed === undefined) continue
      const { attempt, error: why, name } = failed.data
      if (events[failed.sequence]?.type !== "deploy.failed") yield `${id}: step ${name} failed and the deploy went on`
      if (error?.includes(name) !== true) yield `${id}: step ${name} failed, and the error is ${error}`
      if (attempt < (attempts.get(name) ?? 0) && !forGood.test(why))
        yield `${id}: step ${name} failed at attempt ${attempt} with tries left`
    }
  }
}

/** A result is stored of the attempt at work alone. */
const noLateResult: Invariant = {
  number: 17,
  *breaches({ rows }) {
    for (const { events, record } of rows) {
      const last = new Map<number, { readonly attempt: number; readonly isOver: boolean }>()
      for (const event of events) {
        if (event.type === "step.running") last.set(event.data.index, { attempt: event.data.attempt, isOver: false })
        const isResult = event.type === "step.completed" || event.type === "step.retrying"
        if (!isResult && event.type !== "step.failed") continue
        const { attempt, index, name } = event.data
        // A step may also fail between two attempts, by its own time limit.
        const known = last.get(index)
        if (known?.attempt !== attempt || (isResult && known.isOver))
          yield `${record.deploy.id}: ${event.type} of ${name} tells of attempt ${attempt}, the last is ${known?.attempt}`
        last.set(index, { attempt, isOver: true })
      }
    }
  }
}

/** The output of a completed step stays, and is what later steps are given. */
const outputsStay: Invariant = {
  number: 18,
  *breaches({ byDeploy, effects, rows }) {
    for (const [id, calls] of byDeploy) {
      const outputs = new Map<string, unknown>()
      for (const { op, row } of calls)
        for (const step of row?.steps ?? []) {
          if (outputs.has(step.name) && !Equal.equals(outputs.get(step.name), step.output))
            yield `${id}: a ${op} changed the output of ${step.name}`
          if (step.status === "completed") outputs.set(step.name, step.output)
        }
    }
    for (const { deployId, machine, seen } of effects) {
      if (seen === undefined) continue
      const stored = rows
        .find(({ record }) => record.deploy.id === deployId)
        ?.record.steps.find(({ name }) => name === seen.step)
      if (stored?.status === "completed" && !Equal.equals(stored.output, seen.output))
        yield `${deployId}: ${machine} saw ${JSON.stringify(seen.output)} as the output of ${seen.step}`
    }
  }
}

/** A deploy runs out of time when its limit has passed since it started, by the store, and no sooner. */
const timeIsUp: Invariant = {
  number: 17,
  *breaches({ byDeploy, deployTimeoutMillis }) {
    for (const [id, calls] of byDeploy) {
      const start = calls.find(({ wrote }) => wrote.some(({ type }) => type === "deploy.running"))
      const end = calls.find(({ wrote }) =>
        wrote.some((event) => event.type === "deploy.failed" && event.data.failureCode === "timed_out")
      )
      if (start === undefined || end === undefined || end.at - start.at >= deployTimeoutMillis - 1) continue
      yield `${id} ran out of its ${deployTimeoutMillis} ms after ${end.at - start.at}`
    }
  }
}

/** Steps. */
export const steps: ReadonlyArray<Invariant> = [stepsInOrder, stepsFail, noLateResult, timeIsUp, outputsStay]
