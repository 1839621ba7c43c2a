import { Context, type Effect } from "effect"
import type { DeployId } from "../domain/Id.ts"

/**
 * Decides where deploys run. A hint only: that no deploy runs twice at a time is ensured by the store's lease alone.
 */
export class DeployDispatcher extends Context.Service<
  DeployDispatcher,
  {
    /**
     * Says that a deploy is ready to be claimed. Answers at once, without waiting for it to run, and may be called again.
     *
     * A deploy whose call is lost is found all the same: a dispatcher looks for what is claimable by itself.
     */
    readonly wake: (id: DeployId) => Effect.Effect<void>
  }
>()("@deploys/core/DeployDispatcher") {}
