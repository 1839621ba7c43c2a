import { Data, Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url))
const withoutWorkerd = fileURLToPath(new URL("withoutWorkerd.cjs", import.meta.url))
const limitMillis = 80_000

/** Cloudflare's own client did not deploy. */
export class WranglerFailed extends Data.TaggedError("WranglerFailed")<{ readonly message: string }> {}

/** Where Cloudflare's own client deploys to, and what. */
export interface WranglerRun {
  readonly apiUrl: string
  readonly accountId: string
  readonly apiToken: string
  readonly project: string
  readonly folder: string
  readonly message: string
  readonly hash: string
  readonly flags?: ReadonlyArray<string>
}

/** A folder of its own, gone with the scope. */
export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "pages-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const environment = (home: string, { accountId, apiToken, apiUrl }: WranglerRun) => ({
  PATH: "/usr/bin:/bin",
  HOME: home,
  XDG_CONFIG_HOME: join(home, ".config"),
  TMPDIR: home,
  CI: "1",
  NODE_OPTIONS: `--require ${withoutWorkerd}`,
  CLOUDFLARE_API_BASE_URL: apiUrl,
  CLOUDFLARE_ACCOUNT_ID: accountId,
  CLOUDFLARE_API_TOKEN: apiToken,
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  DO_NOT_TRACK: "1"
})

/** The arguments and the environment of `wrangler pages deploy`, to be run by Node in an empty folder, which is its home. */
export const wranglerCommand = (run: WranglerRun, home: string) => {
  const { flags = [], folder, hash, message, project } = run
  const args = [bin, "pages", "deploy", folder, "--project-name", project, "--branch", "main"]
  const commit = ["--commit-hash", hash, "--commit-message", message, "--commit-dirty=false", ...flags]
  return { args: [...args, ...commit], env: environment(home, run) }
}

/** Runs `wrangler pages deploy` in an empty folder, with a home of its own and everything off that would call elsewhere. */
export const wranglerDeploy = Effect.fnUntraced(function* (run: WranglerRun) {
  const home = yield* temporaryFolder
  const { args, env } = wranglerCommand(run, home)
  return yield* Effect.callback<string, WranglerFailed>((resume) => {
    const child = spawn(process.execPath, args, {
      cwd: home,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true
    })
    const output: Array<string> = []
    const stop = () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL")
    }
    const timer = setTimeout(stop, limitMillis)
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(String(chunk)))
    child.on("close", (code) => {
      clearTimeout(timer)
      const said = output.join("")
      resume(code === 0 ? Effect.succeed(said) : Effect.fail(new WranglerFailed({ message: `exit ${code}: ${said}` })))
    })
    return Effect.sync(stop)
  })
}, Effect.scoped)
