import { MemoryAccess } from "@deploys/core"
import { Effect, Redacted } from "effect"
import { principals, suite } from "./AccessPolicyContract.ts"

const { ada, grace, root } = principals
const access = MemoryAccess.layerOf({ "Token of root": root, "Token of ada": ada, "Token of grace": grace })
const token = (of: keyof typeof principals) => Redacted.make(`Token of ${of}`)

suite("memory", access, Effect.succeed({ of: { root: token("root"), ada: token("ada"), grace: token("grace") } }))
