import { Deploy, type NewDeploy } from "@deploys/core"
import { Effect, Schema } from "effect"
import type { Database } from "../internal/Database.ts"
import { insertDeploy } from "../statements/insertDeploy.ts"
import { readDeploy } from "../statements/readDeploy.ts"

/** Adds a pending deploy, or answers with the row that has its id. */
export const insert = Effect.fnUntraced(function* (db: Database, deploy: NewDeploy) {
  const [row] = yield* insertDeploy(db, deploy).pipe(
    Effect.catchReason("SqlError", "UniqueViolation", (reason, error) =>
      reason.constraint === "deploys_pkey" ? Effect.succeed([]) : Effect.fail(error)
    )
  )
  if (row !== undefined) return { deploy: yield* decode(row), isNew: true }
  const present = yield* readDeploy(db, deploy.id)
  if (present === undefined) return yield* Effect.die(new Error(`Deploy ${deploy.id} is neither added nor there`))
  return { deploy: present.deploy, isNew: false }
})

const decode = Schema.decodeUnknownEffect(Deploy)
