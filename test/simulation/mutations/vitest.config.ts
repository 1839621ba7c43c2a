import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

/** Of a copy of the sources in which a defence is missing. */
export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  test: { include: ["test/contract/{Memory,Pglite}Store.test.ts"], pool: "forks", testTimeout: 20_000 }
})
