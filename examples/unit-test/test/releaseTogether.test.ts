import { BuildId, DeployEngine, MemoryCatalog, MemoryStore, type Step, trustedPrincipal } from "@deploys/core"
import { ScriptedTarget } from "@deploys/core/testing"
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { releaseTogether } from "../releaseTogether.ts"

const catalog = MemoryCatalog.layerOf({
  workspaces: [{ id: "acme" }],
  entities: ["shop", "blog"].map((id) => ({ id, workspaceId: "acme" })),
  versions: ["shop", "blog"].map((id) => ({ id: `${id}-main`, entityId: id })),
  builds: ["shop", "blog"].map((id) => ({ id: `${id}-1`, versionId: `${id}-main`, artifact: `${id}-1` }))
})

const { fails, hangs, succeeds } = ScriptedTarget

// #region engine
/** The real engine and its runner, on memory, with targets that do what the test says. */
const engine = (shop: Step<unknown>, blog: Step<unknown>) => {
  const target = ScriptedTarget.layerOf(({ entity }) => [entity.id === "shop" ? shop : blog])
  return DeployEngine.layerWithRunner.pipe(Layer.provide(MemoryStore.layer), Layer.provide([catalog, target]))
}
// #endregion

const both = [BuildId.make("shop-1"), BuildId.make("blog-1")]
const endings = DeployEngine.use((deploys) => deploys.list(trustedPrincipal("test"), {})).pipe(
  Effect.map(({ data }) =>
    Object.fromEntries(data.map((deploy) => [deploy.entityId, deploy.failureCode ?? deploy.status]))
  )
)

it.effect("both apps go live when nothing is wrong", () =>
  Effect.gen(function* () {
    yield* releaseTogether(both)
    assert.deepStrictEqual(yield* endings, { shop: "completed", blog: "completed" })
  }).pipe(Effect.provide(engine(succeeds("publish"), succeeds("publish"))))
)

// #region test
it.effect("an app still on its way is cancelled when another fails", () =>
  Effect.gen(function* () {
    assert.isTrue(Exit.isFailure(yield* Effect.exit(releaseTogether(both))))
    assert.deepStrictEqual(yield* endings, { shop: "step_failed", blog: "cancelled" })
  }).pipe(Effect.provide(engine(fails("publish"), hangs("publish"))))
)
// #endregion
