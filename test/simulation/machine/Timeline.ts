interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const isBefore = (one: Entry, other: Entry) => one.at < other.at || (one.at === other.at && one.order < other.order)

/**
 * Virtual time, in milliseconds from 0. Everything happens on it one after the other, without the event loop, so a run is
 * one synchronous call and the same each time.
 */
export class Timeline {
  #now = 0
  #order = 0
  #soon: Array<() => void> = []
  readonly #heap: Array<Entry> = []

  get now(): number {
    return this.#now
  }

  /** A number above all earlier ones: what happened in which order. */
  next(): number {
    this.#order += 1
    return this.#order
  }

  /** Runs behind what is under way, at the same time. */
  soon(run: () => void): void {
    this.#soon.push(run)
  }

  after(millis: number, run: () => void): void {
    const entry = { at: this.#now + Math.max(0, millis), order: this.next(), run }
    const heap = this.#heap
    let index = heap.length
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(entry, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  /** Lets things happen until `done` says so, nothing is left to happen, or the time has come. Answers whether it is done. */
  run(done: () => boolean, until: number): boolean {
    while (true) {
      this.#settle()
      if (done()) return true
      const [entry] = this.#heap
      if (entry === undefined || entry.at > until) return false
      this.#pop()
      this.#now = entry.at
      entry.run()
    }
  }

  #settle(): void {
    while (this.#soon.length > 0) {
      const tasks = this.#soon
      this.#soon = []
      for (const task of tasks) task()
    }
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    while (true) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const least = isRight ? right : left
      if (isBefore(last, least)) break
      heap[index] = least
      index = 2 * index + (isRight ? 2 : 1)
    }
    heap[index] = last
  }
}
