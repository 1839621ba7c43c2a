/** How deploys, times and people are written for people. */
import { type Deploy, type Timestamp, timestampDistance } from "@deploys/core"
import type { Style } from "./Screen.ts"
import { tame } from "./tame.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const span = (millis: number) => {
  if (millis < minute) return `${Math.floor(millis / 1000)} s`
  if (millis < hour) return `${Math.floor(millis / minute)} min`
  return millis < 2 * day ? `${Math.floor(millis / hour)} h` : `${Math.floor(millis / day)} days`
}

/** How long ago something was, cut to the largest unit. */
export const ago = (then: Timestamp, now: Timestamp): string => {
  const millis = timestampDistance(then, now)
  return millis < 10_000 ? "just now" : `${span(millis)} ago`
}

/** How far ahead something is, cut to the largest unit. */
export const ahead = (then: Timestamp, now: Timestamp): string =>
  `in ${span(Math.max(0, timestampDistance(now, then)))}`

/** An instant to the second, in UTC. */
export const instant = (time: Timestamp): string => `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`

const ownSubject = /^(?<name>.*)\/tok_[0-9a-z]{22}(?<end>[0-9a-z]{4})$/

/** Who acts; of the id of a token that speaks for itself the end alone, which is enough to tell two of a name apart. */
export const actor = (subject: string): string => {
  const { end, name } = ownSubject.exec(subject)?.groups ?? {}
  return tame(name === undefined || end === undefined ? subject : `${name}/…${end}`)
}

/** What became of a deploy, in a word. */
export const stateOf = ({ failureCode, isLive, status }: Deploy): string => {
  if (isLive) return "live"
  return failureCode ?? status
}

/** The same with a mark, in colour. */
export const markedState = (deploy: Deploy, style: Style): string => {
  const word = stateOf(deploy)
  if (deploy.isLive) return style.good(`● ${word}`)
  switch (deploy.status) {
    case "completed":
      return `${style.good("✓")} ${word}`
    case "failed":
      return style.bad(`✗ ${word}`)
    default:
      return style.faint(`${deploy.status === "running" ? "▸" : "○"} ${word}`)
  }
}
