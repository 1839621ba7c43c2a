/** What a list is to hold. */
export interface QueryPlan {
  readonly limit: number
}
