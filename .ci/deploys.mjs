import { join } from "node:path"
import { exec } from "./exec.mjs"
import { root, setup } from "./setup.mjs"

setup()
// npm goes to the root of the repository; the paths in the arguments are meant from where they were typed.
exec([join(root, "packages/server/src/bin.ts"), ...process.argv.slice(2)], { cwd: process.env.INIT_CWD })
