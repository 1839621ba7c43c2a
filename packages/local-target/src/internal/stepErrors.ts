import { type ArtifactError, StepError } from "@deploys/core"
import { type PlatformError, Predicate } from "effect"

/** The system's own words where it has some, such as `ENOSPC: no space left on device, write`. */
const reasonOf = ({ message, reason }: PlatformError.PlatformError) =>
  Predicate.isError(reason.cause) ? reason.cause.message : message

/** A file system that refuses may do better a little later: space is freed, rights are mended. */
export const fromPlatform = (error: PlatformError.PlatformError): StepError =>
  new StepError({ message: `The folder of sites could not be used: ${reasonOf(error)}` })

/** An artifact that is wrong stays wrong; one that could not be read may be there later. */
export const fromArtifact = (error: ArtifactError): StepError =>
  error._tag === "ArtifactInvalid"
    ? new StepError({ message: error.message, code: "artifact_invalid", retryable: false })
    : new StepError({ message: `${error.message}${Predicate.isError(error.cause) ? `: ${error.cause.message}` : ""}` })

/** What staging may fail with. */
export const fromStaging = (error: ArtifactError | PlatformError.PlatformError): StepError =>
  error._tag === "PlatformError" ? fromPlatform(error) : fromArtifact(error)
