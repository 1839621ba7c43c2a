import { type ArtifactError, StepError } from "@deploys/core"
import { Predicate } from "effect"
import type { PagesError } from "../PagesError.ts"

/** An artifact that is wrong stays wrong; one that could not be read may be there later. */
export const fromArtifact = (error: ArtifactError): StepError =>
  error._tag === "ArtifactInvalid"
    ? new StepError({ message: error.message, code: "artifact_invalid", retryable: false })
    : new StepError({ message: `${error.message}${Predicate.isError(error.cause) ? `: ${error.cause.message}` : ""}` })

/** What Cloudflare refuses, it refuses again; for the rest there is a later. */
export const fromPages = (error: PagesError): StepError =>
  new StepError({
    message: error.message,
    code: error.retryable ? "step_failed" : "target_rejected",
    retryable: error.retryable,
    ...(error.retryAfterMillis === null ? {} : { retryAfterMillis: error.retryAfterMillis })
  })

/**
 * As above, of calls with a token that was good a moment ago: that it is refused now may pass, and giving up here leaves a
 * deploy half-way.
 */
export const fromPagesLater = (error: PagesError): StepError =>
  error.fault === "unauthorized" ? new StepError({ ...fromPages(error), retryable: true }) : fromPages(error)

/** What uploading may fail with. */
export const fromUpload = (error: ArtifactError | PagesError): StepError =>
  error._tag === "PagesError" ? fromPagesLater(error) : fromArtifact(error)
