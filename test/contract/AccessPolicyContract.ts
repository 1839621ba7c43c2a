import type { Principal } from "@deploys/core"
import { AccessPolicy, trustedPrincipal, WorkspaceId } from "@deploys/core"
import { assert, layer } from "@effect/vitest"
import { Effect, type Layer, Option, Redacted } from "effect"

const workspaceId = WorkspaceId.make("ws-of-ada")

/** Whose tokens the policy has to know. */
export const principals = {
  root: trustedPrincipal("root"),
  ada: { subject: "ada", everywhere: [], workspaces: { [workspaceId]: ["read", "deploy", "cancel"] } },
  // A workspace may have a name that objects have by themselves.
  grace: { subject: "grace", everywhere: ["read"], workspaces: { [WorkspaceId.make("constructor")]: ["admin"] } }
} as const satisfies Record<string, Principal>

/** Tokens of the principals above, and of nobody: expired, revoked, or whatever a policy has of the kind. */
export interface Tokens {
  readonly of: Readonly<Record<keyof typeof principals, Redacted.Redacted>>
  readonly dead?: Readonly<Record<string, Redacted.Redacted>>
}

const malformed = [
  "",
  " ",
  "nope",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "*",
  "%",
  "' OR 1=1 --",
  "\u0000",
  "\ud800",
  "\u{1f511}",
  "x".repeat(100_000)
]

/** Texts that look like a token and are none. */
const variants = (token: string) => [
  ` ${token}`,
  `${token} `,
  `${token}x`,
  token.slice(0, -1),
  token.slice(1),
  `Bearer ${token}`,
  `${token}\u0000`,
  token.toUpperCase(),
  token.toLowerCase()
]

/** What every `AccessPolicy` has to do. `tokens` says which tokens it knows. */
export const suite = <R, E, E2>(
  name: string,
  policy: Layer.Layer<AccessPolicy | R, E>,
  tokens: Effect.Effect<Tokens, E2, AccessPolicy | R>
) =>
  layer(policy)(`AccessPolicy: ${name}`, (it) => {
    const authenticate = Effect.fnUntraced(function* (token: Redacted.Redacted) {
      const access = yield* AccessPolicy
      return yield* access.authenticate(token)
    })

    it.effect("knows the principal of a token, with the rights of each workspace", () =>
      Effect.gen(function* () {
        const { of } = yield* tokens
        for (const who of ["root", "ada", "grace"] as const) {
          assert.deepStrictEqual(yield* authenticate(of[who]), Option.some(principals[who]))
        }
      })
    )

    it.effect("knows nobody by a token that is unknown or malformed", () =>
      Effect.gen(function* () {
        const known = Object.values((yield* tokens).of).map(Redacted.value)
        const unknown = [...malformed, ...known.flatMap(variants)].filter((token) => !known.includes(token))
        for (const token of unknown) {
          assert.deepStrictEqual(yield* authenticate(Redacted.make(token)), Option.none(), token.slice(0, 100))
        }
      })
    )

    it.effect("tells no dead token from one that never was", () =>
      Effect.gen(function* () {
        const { dead = {} } = yield* tokens
        for (const [why, token] of Object.entries(dead)) {
          assert.deepStrictEqual(yield* authenticate(token), Option.none(), why)
        }
        assert.deepStrictEqual(yield* authenticate(Redacted.make("never was")), Option.none())
      })
    )
  })
