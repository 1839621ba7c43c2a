/** What the parent asks the server for. */
export type Asked = { readonly ask: "line"; readonly line: string } | { readonly ask: "usage" }

/** What the server has used so far. */
export interface Usage {
  readonly heapUsed: number
  readonly rss: number
  readonly cpuMicros: number
}

/** What the server says once it listens. */
export interface Ready {
  readonly url: string
  readonly id: string
}

/** What the server tells its parent. */
export type Told = Ready | Usage
