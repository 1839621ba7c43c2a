import { join } from "node:path"
import { exec } from "./exec.mjs"
import { root, setup } from "./setup.mjs"

setup()
exec([join(root, "examples/demo/main.ts"), ...process.argv.slice(2)], { cwd: root })
