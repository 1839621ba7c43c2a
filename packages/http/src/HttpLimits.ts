import { Context } from "effect"

/** How much callers may ask for, in this process. `Infinity` is no limit. */
export const HttpLimits = Context.Reference<{
  /** Requests of one caller, by its subject, at once and then again over every `windowSeconds`. */
  readonly requests: number
  readonly windowSeconds: number
  /** Answers of one caller that are open at once: event streams, and answers that are held until a deploy is final. */
  readonly openPerCaller: number
  /** The same of all callers together. */
  readonly open: number
}>("@deploys/http/HttpLimits", {
  defaultValue: () => ({ requests: 6000, windowSeconds: 60, openPerCaller: 100, open: 5000 })
})
