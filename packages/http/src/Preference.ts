/** What a client would like to have done with its request, by the header `Prefer` (RFC 7240). */

/** Longest that an answer is held, in seconds. */
export const longestWait = 60

/** Preferences are separated by commas, but for those within quotes. A quote without an end goes to the end: all matches. */
const preference = /(?:"(?:[^"\\]|\\.?)*(?:"|$)|[^",])+/g

const waitFor = /^\s*wait\s*=\s*(?:"(\d{1,9})"|(\d{1,9}))\s*(?:;|$)/i

const isWait = (text: string) => /^\s*wait\s*(?:[=;]|$)/i.test(text)

/**
 * How many seconds the answer may be held; 0 where no wait is preferred.
 *
 * The first `wait` counts. What is malformed or not known is passed over, as RFC 7240 wants it of preferences: they may be
 * ignored, and never make a request fail.
 */
export const waitOf = (prefer: string | undefined): number => {
  const first = (prefer?.match(preference) ?? []).find(isWait)
  const [, quoted, plain] = waitFor.exec(first ?? "") ?? []
  return Math.min(Number(quoted ?? plain ?? 0), longestWait)
}
