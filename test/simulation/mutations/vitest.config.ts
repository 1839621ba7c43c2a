import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

/** Of a copy of the sources in which a defence is missing. */
export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  test: {
    include: ["test/contract/MemoryStore.test.ts", "test/simulation/mutations/pglite.contract.ts"],
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 60_000
  }
})
