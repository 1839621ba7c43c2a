import { join } from "node:path"
import { exec } from "./exec.mjs"
import { root, setup } from "./setup.mjs"

setup()
const vitest = join(root, "node_modules/vitest/vitest.mjs")
exec([vitest, "run", "--config", join(root, "test/vitest.config.ts"), ...process.argv.slice(2)], { cwd: root })
