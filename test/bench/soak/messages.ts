/** What the server holds, in bytes. */
export interface Held {
  readonly heapUsed: number
  /** What of the heap is compiled code, which grows as long as functions are still getting hot. */
  readonly code: number
  readonly rss: number
}
