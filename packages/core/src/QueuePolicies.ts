import { Context, Layer } from "effect"
import type { Entity } from "./domain/Entity.ts"
import type { QueuePolicy } from "./domain/Lane.ts"

/** What a new deploy does to older ones, for each entity. It is asked at each create. Default: `queue` for all. */
export const QueuePolicies = Context.Reference<(entity: Entity) => QueuePolicy>("@deploys/core/QueuePolicies", {
  defaultValue: () => () => "queue"
})

/** Sets the queue policy, one for all entities or by entity, for the engines that it is provided to. */
export const queuePolicies = (policy: QueuePolicy | ((entity: Entity) => QueuePolicy)): Layer.Layer<never> =>
  Layer.succeed(QueuePolicies, typeof policy === "function" ? policy : () => policy)
