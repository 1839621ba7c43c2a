// A workflow of five steps, awaited in the process that starts it.
import { DBOS } from "@dbos-inc/dbos-sdk"
import { each, measured, url } from "./run.mjs"

DBOS.setConfig({ name: "bench", systemDatabaseUrl: url, runAdminServer: false, logLevel: "error" })
const deploy = DBOS.registerWorkflow(
  async (n) => {
    for (let i = 0; i < 5; i++) await DBOS.runStep(async () => ({ n, i }), { name: `step ${i}` })
    return n
  },
  { name: "deploy" }
)
await DBOS.launch()
await measured((count) => each(count, deploy))
await DBOS.shutdown()
process.exit()
