import type { DeployEvent } from "@deploys/core"

interface Followed {
  readonly completed: Set<number>
  readonly running: Map<number, number>
  readonly retried: Map<number, number>
}

const wrongStart = (
  { completed, retried, running }: Followed,
  { attempt, index }: { readonly attempt: number; readonly index: number }
): string | null => {
  if (completed.has(index)) return "started though it had completed"
  for (let earlier = 0; earlier < index; earlier++)
    if (!completed.has(earlier)) return `started before step ${earlier} had completed`
  const retry = retried.get(index)
  const wanted = retry === undefined ? (running.get(index) ?? 1) : retry + 1
  return attempt === wanted ? null : `started attempt ${attempt}, not ${wanted}`
}

/** What is wrong with the order in which the events of a deploy, from its first one on, have steps start and complete. */
export function* stepDisorder(events: Iterable<DeployEvent>): Iterable<string> {
  const followed: Followed = { completed: new Set(), running: new Map(), retried: new Map() }
  for (const event of events) {
    if (event.type === "step.running") {
      const wrong = wrongStart(followed, event.data)
      if (wrong !== null) yield `step ${event.data.name} ${wrong}`
      followed.running.set(event.data.index, event.data.attempt)
      followed.retried.delete(event.data.index)
    } else if (event.type === "step.retrying") followed.retried.set(event.data.index, event.data.attempt)
    else if (event.type === "step.completed") {
      if (followed.completed.has(event.data.index)) yield `step ${event.data.name} completed twice`
      followed.completed.add(event.data.index)
    }
  }
}
