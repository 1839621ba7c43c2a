import { Context, type Duration } from "effect"

/**
 * How long a list may take, the wait for a connection included; the database is then told to stop, and the list fails with a
 * `StoreError` whose cause is `ListTooSlow`. PGlite can't be told: there the answer waits for its end. Default: 5 seconds.
 */
export const ListTimeLimit = Context.Reference<Duration.Input>("@deploys/sql-store/ListTimeLimit", {
  defaultValue: () => "5 seconds"
})
