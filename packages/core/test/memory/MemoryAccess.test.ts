import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Redacted } from "effect"
import { hasRight, trustedPrincipal } from "../../src/domain/Principal.ts"
import { WorkspaceId } from "../../src/domain/Id.ts"
import * as MemoryAccess from "../../src/memory/MemoryAccess.ts"
import { AccessPolicy } from "../../src/ports/AccessPolicy.ts"

it.effect("a principal may be written down with plain ids", () =>
  Effect.gen(function* () {
    const access = yield* AccessPolicy
    const ada = Option.getOrThrow(yield* access.authenticate(Redacted.make("t")))
    assert.isTrue(hasRight(ada, "deploy", WorkspaceId.make("acme")))
    assert.isFalse(hasRight(ada, "admin", WorkspaceId.make("acme")))
    assert.isFalse(hasRight(ada, "deploy", WorkspaceId.make("other")))
  }).pipe(
    Effect.provide(
      MemoryAccess.layerOf({
        t: { subject: "ada", everywhere: [], workspaces: { acme: ["read", "deploy"] } },
        root: trustedPrincipal("root")
      })
    )
  )
)

it.effect("a malformed principal is a defect", () =>
  Effect.gen(function* () {
    const layer = MemoryAccess.layerOf({ t: { subject: "", everywhere: [], workspaces: {} } })
    assert.isTrue(Exit.hasDies(yield* Effect.exit(Effect.scoped(Layer.build(layer)))))
  })
)
