import { Cause, Duration, Effect, Option, Predicate, Redacted, Schema } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest, type HttpClientResponse } from "effect/http"
import { PagesError, type PagesFault } from "../PagesError.ts"
import { Envelope } from "../PagesSchemas.ts"

/** One call of the API. */
export interface PagesCall<A> {
  /** Its name in errors. */
  readonly call: string
  readonly request: HttpClientRequest.HttpClientRequest
  readonly token: Redacted.Redacted
  readonly result: Schema.Codec<A, unknown>
  readonly timeout: Duration.Input
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

const decodeEnvelope = Schema.decodeUnknownOption(Schema.fromJsonString(Envelope))

/** Codes of Cloudflare that say more than the status does. */
const faultOfCode: Readonly<Record<number, PagesFault>> = {
  971: "limited",
  9103: "unauthorized",
  9109: "unauthorized",
  10000: "unauthorized",
  10001: "unauthorized",
  10046: "limited",
  8000000: "unavailable",
  8000013: "unauthorized"
}

const faultOf = (answer: Answer, code: number | null): PagesFault => {
  const { headers, status } = answer
  if (status === 429) return "limited"
  const known = code === null ? undefined : faultOfCode[code]
  if (known !== undefined) return known
  // A firewall's challenge goes by.
  if (headers["cf-mitigated"] !== undefined) return "unavailable"
  if (status === 401 || (status === 403 && code === null)) return "unauthorized"
  return status >= 500 || status === 408 || status === 425 || code === null ? "unavailable" : "refused"
}

const retryAfterMillis = (answer: Answer) => {
  const seconds = Number(answer.headers["retry-after"])
  return Number.isFinite(seconds) && seconds >= 0 && answer.headers["retry-after"] !== "" ? seconds * 1000 : null
}

const maxDetail = 500

const brief = (text: string) => {
  const line = text
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim()
  return line.length > maxDetail ? `${line.slice(0, maxDetail)}…` : line
}

const refusal = (call: string, answer: Answer, envelope: Option.Option<Envelope>) => {
  const first = Option.getOrUndefined(envelope)?.errors?.[0]
  const code = first?.code ?? null
  const words = Option.isSome(envelope) ? (first?.message ?? "The answer says no without a word") : answer.text
  return new PagesError({
    call,
    fault: faultOf(answer, code),
    status: answer.status,
    code,
    detail: brief(words) || "The answer is empty",
    ray: answer.headers["cf-ray"] ?? null,
    retryAfterMillis: retryAfterMillis(answer)
  })
}

const unanswered = (call: string, detail: string) =>
  new PagesError({ call, fault: "unavailable", status: null, code: null, detail, ray: null, retryAfterMillis: null })

/** What stands at the bottom of a transport's error, such as `read ECONNRESET`. */
const rootOf = (error: HttpClientError.HttpClientError): string => {
  const cause = "cause" in error.reason ? error.reason.cause : undefined
  return Predicate.isError(cause) && cause.message !== "" ? cause.message : error.reason._tag
}

/** Cloudflare's words are passed on to people and logs; a token in them is not. */
const withoutToken = (error: PagesError, token: Redacted.Redacted) => {
  const secret = Redacted.value(token)
  return secret === "" || !error.detail.includes(secret)
    ? error
    : new PagesError({ ...error, detail: error.detail.replaceAll(secret, "<redacted>") })
}

const read = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(response.text, (text): Answer => ({ status: response.status, headers: response.headers, text }))

/** Makes a call once. The answer counts as given only when both its status and its envelope say so. */
export const callPages = <A>({ call, request, result, timeout, token }: PagesCall<A>) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const authorized = HttpClientRequest.bearerToken(request, token)
    const answer = yield* Effect.flatMap(client.execute(authorized), read).pipe(
      Effect.mapError((error) => unanswered(call, `No answer: ${rootOf(error)}`))
    )
    const envelope = decodeEnvelope(answer.text)
    const ok = answer.status >= 200 && answer.status < 300 && Option.isSome(envelope) && envelope.value.success
    if (!ok) return yield* refusal(call, answer, envelope)
    return yield* Schema.decodeUnknownEffect(result)(envelope.value.result ?? null).pipe(
      Effect.mapError(() => unanswered(call, "The answer has another form than it should"))
    )
  }).pipe(
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () =>
        Effect.fail(unanswered(call, `No answer within ${Duration.format(Duration.fromInputUnsafe(timeout))}`))
    }),
    Effect.catchDefect((defect) => Effect.fail(unanswered(call, Cause.pretty(Cause.die(defect)).split("\n")[0] ?? ""))),
    Effect.mapError((error) => withoutToken(error, token)),
    // Whose span it is, is nobody's business outside.
    Effect.provideService(HttpClient.TracerPropagationEnabled, false)
  )
