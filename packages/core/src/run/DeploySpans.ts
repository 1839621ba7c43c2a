import { Data, Effect, Option, Tracer } from "effect"
import type { Outcome } from "../domain/Deploy.ts"
import type { DeployId } from "../domain/Id.ts"
import type { StepRecord } from "../domain/DeployStep.ts"
import type { Claim } from "../ports/DeployStore.ts"

const base32 = "0123456789abcdefghjkmnpqrstvwxyz"

/**
 * The id of a deploy's trace: the 128 bits of the deploy's own id, in 32 hexadecimal digits. So every node that has to do
 * with a deploy gives its spans to one trace, without being told. A UUIDv7 has the random bits that W3C Trace Context asks
 * of the right half of a trace id.
 */
export const deployTraceId = (id: DeployId): string => {
  let hex = ""
  // The first character holds 3 bits and every other 5: digits of 4 bits are cut off as they fill up.
  let bits = 0
  let width = -2
  for (let index = "dep_".length; index < id.length; index++) {
    bits = (bits << 5) | base32.indexOf(id.charAt(index))
    width += 5
    while (width >= 4) {
      width -= 4
      hex += (bits >> width).toString(16)
      bits &= (1 << width) - 1
    }
  }
  return hex
}

/** A parent with a trace but without a span: what is below it is a root. Exporters write no parent for an empty id. */
const rootOf = (id: DeployId) => Tracer.externalSpan({ traceId: deployTraceId(id), spanId: "" })

/** Ends a span as failed where the work that it tells of has ended well: the runner did what it should. */
class SpanFailure<A> extends Data.TaggedError("SpanFailure")<{ readonly result: A; readonly reason: string }> {
  override get message() {
    return this.reason
  }
}

const failureKey = "error.type"
const messageKey = "deploy.error"

const failIfTold = <A>(result: A) =>
  Effect.flatMap(Effect.option(Effect.currentSpan), (span) =>
    span._tag === "Some" && span.value.attributes.has(failureKey)
      ? Effect.fail(new SpanFailure({ result, reason: String(span.value.attributes.get(messageKey)) }))
      : Effect.succeed(result)
  )

/** Says of the run's span how the deploy has ended: `completed`, or with which failure code and why. */
export const tellEnd = (end: string, message?: string): Effect.Effect<void> =>
  Effect.annotateCurrentSpan(
    message === undefined
      ? { "deploy.status": end }
      : { "deploy.status": "failed", [failureKey]: end, [messageKey]: message }
  )

/** Says of the span of settling what it came to. `unresolved` is an error: somebody has to look. */
export const tellOutcome = (outcome: Outcome): Effect.Effect<void> =>
  Effect.annotateCurrentSpan({
    "deploy.outcome": outcome,
    ...(outcome === "unresolved" && { [failureKey]: outcome, [messageKey]: "The deploy may still be served" })
  })

/** The span of one run, or of settling: a root in the deploy's trace, linked to the runner's span that led to it. */
export const runSpan = <A, R>(run: Effect.Effect<A, never, R>, { deploy, epoch }: Claim, owner: string) =>
  Effect.flatMap(Effect.serviceOption(Tracer.ParentSpan), (from) =>
    run.pipe(
      Effect.flatMap(failIfTold),
      Effect.withSpan(
        deploy.status === "running" ? "deploy.run" : "deploy.settle",
        {
          parent: rootOf(deploy.id),
          links: Option.isSome(from) ? [{ span: from.value, attributes: {} }] : [],
          attributes: {
            "deploy.id": deploy.id,
            "deploy.workspace_id": deploy.workspaceId,
            "deploy.entity_id": deploy.entityId,
            "deploy.build_id": deploy.buildId,
            "deploy.sequence_number": deploy.sequenceNumber,
            "deploy.trigger": deploy.trigger,
            "deploy.epoch": epoch,
            "deploy.runner": owner
          }
        },
        { captureStackTrace: false }
      ),
      Effect.catchTag("SpanFailure", ({ result }) => Effect.succeed(result))
    )
  )

/** Gives work a span. Without a tracer nobody could see it, and making it would take as long as much of the work. */
export const spanned =
  (name: string, attributes: Record<string, unknown>) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.tracer, (tracer) =>
      tracer === Tracer.nativeTracer ? work : Effect.withSpan(work, name, { attributes, captureStackTrace: false })
    )

/** A span of a step's: the step itself, an attempt of it, or its undoing. */
const span = (kind: "step" | "attempt" | "undo", name: string, attributes: Record<string, unknown>) =>
  spanned(`deploy.${kind} ${name}`, { "deploy.step.name": name, ...attributes })

/** The span of a step: from its first attempt in this run to its end, waits between attempts too. */
export const stepSpan = ({ index, name, starts }: StepRecord) =>
  span("step", name, { "deploy.step.index": index, "deploy.step.resumed": starts > 0 })

/** The span of an attempt, which may outlive that of its step where it can't be stopped. */
export const attemptSpan = (name: string, attempt: number) => span("attempt", name, { "deploy.step.attempt": attempt })

/** The span of undoing a step. */
export const undoSpan = (name: string) => span("undo", name, {})
