import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  cacheDir: "node_modules/.cache/vite",
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts", "examples/*/test/**/*.test.ts"],
    globalSetup: ["test/setup/postgres.ts"],
    // A pool of processes: a test may start child processes, listen for signals or block on a lock.
    pool: "forks",
    // Files share a process, so that effect is loaded once in each and not once for every file: three times as fast.
    isolate: false,
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    sequence: { concurrent: false },
    env: { TZ: "Pacific/Chatham" },
    passWithNoTests: false
  }
})
