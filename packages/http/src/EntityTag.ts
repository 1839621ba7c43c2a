/** Tags of answers, by which a client asks whether what it has is still so (RFC 9110, 8.8.3 and 13.1.2). */
import { createHash } from "node:crypto"

/** The strong tag of an answer: it changes with every byte that the answer shows. */
export const tagOf = (text: string): string => `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`

const tags = /\s*(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)/gy

/** Whether `If-None-Match` names the tag, or any. Tags are compared weakly, as reading asks for. */
export const isKnown = (ifNoneMatch: string | undefined, tag: string): boolean =>
  ifNoneMatch !== undefined &&
  (ifNoneMatch.trim() === "*" || [...ifNoneMatch.matchAll(tags)].some(([, known]) => known === tag))
