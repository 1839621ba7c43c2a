/** What asked for a deploy. */
export type Trigger = "auto" | "manual" | "rollback"

/** What is told of a deploy, in the model as by a store. Deploys go by their numbers. */
export interface Told {
  readonly number: number
  readonly trigger: Trigger
  readonly status: "pending" | "running" | "completed" | "failed"
  readonly code: string | null
  readonly successor: number | null
  readonly live: boolean
  readonly settling: boolean
  /** `null` unless it is pending. */
  readonly waits: string | null
}

interface Row {
  readonly number: number
  readonly trigger: Trigger
  readonly event: number | null
  status: Told["status"]
  code: Told["code"]
  successor: number | null
  settling: boolean
  /** Whether an undoable step has started. */
  touched: boolean
}

/** The rules of one lane, as simply as they can be said: a list of rows that every question looks through from the start. */
export class LaneModel {
  readonly rows: Array<Row> = []
  /** The number of the rollback that the hold came with. */
  hold: number | null = null
  live: number | null = null

  get atWork(): Row | undefined {
    return this.rows.find((row) => row.status === "running" || row.settling)
  }

  get running(): Row | undefined {
    return this.rows.find((row) => row.status === "running")
  }

  #pending(): ReadonlyArray<Row> {
    return this.rows.filter((row) => row.status === "pending")
  }

  #held(row: Row): boolean {
    return this.hold !== null && row.trigger === "auto"
  }

  /** The one deploy that can be claimed. */
  get next(): number | null {
    if (this.atWork !== undefined) return null
    return this.#pending().find((row) => !this.#held(row))?.number ?? null
  }

  /** The number of the deploy, an older one where its event has one. */
  create(trigger: Trigger, policy: "queue" | "latest" | "replace", event: number | null): number {
    const same = this.rows.find((row) => trigger === "auto" && event !== null && row.event === event)
    if (same !== undefined) return same.number
    const number = this.rows.length + 1
    const mayEnd = (row: Row) => trigger !== "auto" || row.trigger === "auto"
    if (policy !== "queue") for (const row of this.#pending()) if (mayEnd(row)) this.#supersede(row, number)
    const { running } = this
    const waits = trigger === "auto" && this.hold !== null
    if (policy === "replace" && !waits && running !== undefined && mayEnd(running)) this.#supersede(running, number)
    if (trigger === "rollback") this.hold = number
    const row: Row = {
      number,
      trigger,
      event,
      status: "pending",
      code: null,
      successor: null,
      settling: false,
      touched: false
    }
    this.rows.push(row)
    return number
  }

  #end(row: Row, code: Told["code"]): void {
    row.settling = row.status === "running" && row.touched
    row.status = "failed"
    row.code = code
  }

  #supersede(row: Row, successor: number): void {
    this.#end(row, "superseded")
    row.successor = successor
  }

  claim(): void {
    const row = this.rows.find(({ number }) => number === this.next)
    if (row !== undefined) row.status = "running"
  }

  complete(): void {
    const { running } = this
    if (running === undefined) return
    running.status = "completed"
    this.live = running.number
    for (const row of this.#pending()) if (row.number < running.number) this.#supersede(row, running.number)
    if (running.trigger === "manual" && this.hold !== null && this.hold < running.number) this.hold = null
  }

  fail(): void {
    if (this.running !== undefined) this.#end(this.running, "step_failed")
  }

  settle(): void {
    for (const row of this.rows) row.settling = false
  }

  /** Cancels a deploy that is not over; whether it was one. */
  cancel(number: number): boolean {
    const row = this.rows.find((other) => other.number === number)
    if (row === undefined || (row.status !== "pending" && row.status !== "running")) return row?.code === "cancelled"
    this.#end(row, "cancelled")
    return true
  }

  #waits(row: Row): string {
    const ahead = this.#pending().filter(
      (other) => other.number < row.number && (this.#held(row) || !this.#held(other))
    )
    const place = ahead.length + 1
    if (this.#held(row)) return `hold ${place}`
    return this.atWork !== undefined || place > 1 ? `deploy ${place}` : `capacity ${place}`
  }

  get told(): ReadonlyArray<Told> {
    return this.rows.map((row) => ({
      number: row.number,
      trigger: row.trigger,
      status: row.status,
      code: row.code,
      successor: row.successor,
      live: row.number === this.live,
      settling: row.settling,
      waits: row.status === "pending" ? this.#waits(row) : null
    }))
  }
}
