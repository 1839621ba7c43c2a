import { Predicate } from "effect"
import { HttpClientError } from "effect/http"
import { CliFailure } from "./CliFailure.ts"
import { tame } from "./tame.ts"

/** The system's own word for what went wrong, such as `ECONNREFUSED`, wherever it stands in the chain of causes. */
const systemCode = (error: unknown): string | undefined => {
  if (!Predicate.isObject(error)) return undefined
  if ("code" in error && typeof error.code === "string") return error.code
  return "cause" in error ? systemCode(error.cause) : undefined
}

const listOfFaults = (error: object) =>
  "errors" in error && Array.isArray(error.errors)
    ? error.errors.map(({ message, path }) => (message.includes(path) ? message : `${path} ${message}`)).join("; ")
    : ""

const detailOf = (error: object) => {
  const faults = listOfFaults(error)
  if ("detail" in error && typeof error.detail === "string")
    return faults === "" ? error.detail : `${error.detail}: ${faults}`
  return "title" in error ? String(error.title) : String(error)
}

/** Whether the line or the server failed, rather than what was asked: the same call may be made again. */
export const isOutage = (error: { readonly _tag: string }): boolean =>
  error._tag === "Unavailable" ||
  error._tag === "InternalError" ||
  (HttpClientError.isHttpClientError(error) &&
    (error.reason._tag === "TransportError" || (error.response?.status ?? 0) >= 500))

const unsent: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"])

/** Whether no server has seen what was asked: there was no connection to one. */
export const isUnsent = (error: { readonly _tag: string }): boolean =>
  HttpClientError.isHttpClientError(error) && error.reason._tag === "TransportError" && unsent.has(systemCode(error))

/** Why a call of the server at `url` failed, in one line. */
export const callFailure =
  (url: string) =>
  (error: { readonly _tag: string }): CliFailure => {
    if (error instanceof CliFailure) return error
    if (error._tag === "Unauthorized")
      return new CliFailure({ message: `The server at ${url} does not take the token in DEPLOYS_TOKEN` })
    if (!HttpClientError.isHttpClientError(error) && error._tag !== "SchemaError")
      return new CliFailure({ message: tame(detailOf(error)) })
    if (HttpClientError.isHttpClientError(error) && error.reason._tag === "TransportError")
      return new CliFailure({
        message: `The server at ${url} can't be reached (${systemCode(error) ?? error.message})`
      })
    const status = HttpClientError.isHttpClientError(error) ? error.response?.status : undefined
    const said = status === undefined ? "something" : `${status}`
    return new CliFailure({ message: `The server at ${url} answered ${said} that this version does not understand` })
  }
