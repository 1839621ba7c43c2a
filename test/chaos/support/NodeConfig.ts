import { Schema } from "effect"

/** What a node's process is told when it is started. Times are milliseconds. */
export const NodeConfig = Schema.Struct({
  /** Its name in the target's log, and of its connections. */
  name: Schema.String,
  url: Schema.String,
  /** The folder of the world. */
  world: Schema.String,
  lease: Schema.Natural,
  pollEvery: Schema.Natural,
  maxRunning: Schema.Natural,
  maxRunningPerWorkspace: Schema.optionalKey(Schema.Natural),
  maxConnections: Schema.Natural
})
/** What a node's process is told when it is started. */
export interface NodeConfig extends Schema.Schema.Type<typeof NodeConfig> {}
