import { Clock, Effect, Option, Redacted, Schema, Semaphore } from "effect"
import { Base64Url } from "effect/encoding"
import type { PagesError } from "../PagesError.ts"
import { UploadClaims } from "../PagesSchemas.ts"

/** What lets assets be uploaded for a project. */
export interface UploadGrant {
  readonly token: Redacted.Redacted
  /** Files that a deployment may have at most. */
  readonly maxFiles: number
  /** When the token ends by Cloudflare's clock, in milliseconds; null where it doesn't say. */
  readonly endsAt: number | null
  /** When it was got, by ours. */
  readonly gotAt: number
}

const defaultMaxFiles = 20_000
const margin = 60_000
/** How many new tokens in a row may be refused before that is the answer. */
const freshGrants = 3

const decodeClaims = Schema.decodeUnknownOption(UploadClaims)

const claimsOf = (jwt: string) => {
  const payload = Base64Url.decodeString(jwt.split(".")[1] ?? "")
  return payload._tag === "Success" ? Option.getOrElse(decodeClaims(payload.success), () => ({})) : {}
}

const grantOf = (jwt: string, gotAt: number): UploadGrant => {
  const claims: typeof UploadClaims.Type = claimsOf(jwt)
  return {
    token: Redacted.make(jwt, { label: "upload token" }),
    maxFiles: claims.max_file_count_allowed ?? defaultMaxFiles,
    endsAt: claims.exp === undefined ? null : claims.exp * 1000,
    gotAt
  }
}

/** Whether a grant is about to end. One that was got just now is not, whatever the two clocks make of it. */
const isStale = ({ endsAt, gotAt }: UploadGrant, now: number) => {
  if (endsAt === null) return false
  const lifetime = endsAt - gotAt
  return now > Math.max(endsAt - Math.min(margin, lifetime / 4), gotAt + 1000)
}

/** Keeps one grant for each project, and gets another before it ends or when it is refused. One at a time asks for it. */
export const makeUploadTokens = (fetch: (project: string) => Effect.Effect<string, PagesError>) =>
  Effect.sync(() => {
    const grants = new Map<string, UploadGrant>()
    const locks = new Map<string, Semaphore.Semaphore>()
    const lockOf = (project: string) => {
      const lock = locks.get(project) ?? Semaphore.makeUnsafe(1)
      locks.set(project, lock)
      return lock
    }

    const get = (project: string) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const kept = grants.get(project)
        if (kept !== undefined && !isStale(kept, now)) return kept
        const grant = grantOf(yield* fetch(project), now)
        grants.set(project, grant)
        return grant
      }).pipe(lockOf(project).withPermits(1))

    const drop = (project: string, grant: UploadGrant) =>
      Effect.sync(() => void (grants.get(project) === grant && grants.delete(project)))

    /** Uses the grant; when it is refused, again with a new one. */
    const use = <A, E>(
      project: string,
      call: (token: Redacted.Redacted) => Effect.Effect<A, E>,
      isRefused: (error: E) => boolean,
      left = freshGrants
    ): Effect.Effect<A, E | PagesError> =>
      Effect.flatMap(get(project), (grant) =>
        Effect.catchIf(
          call(grant.token),
          (error) => left > 0 && isRefused(error),
          () =>
            Effect.andThen(
              drop(project, grant),
              Effect.suspend(() => use(project, call, isRefused, left - 1))
            )
        )
      )

    return { get, use }
  })
