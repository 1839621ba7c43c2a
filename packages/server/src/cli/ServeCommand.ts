import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import * as Server from "../Server.ts"
import { settings } from "../Settings.ts"
import { setExitCode } from "./exitCode.ts"

/** `deploys serve`: runs the ready server until it is told to stop, which is how it is meant to end. */
export const serveCommand = Command.make("serve", {}, () =>
  Layer.launch(Layer.unwrap(Effect.map(settings, Server.layer))).pipe(Effect.onInterrupt(() => setExitCode(0)))
).pipe(
  Command.withShortDescription("Run the ready server"),
  Command.withDescription(
    "Run the ready server. Settings are environment variables: HOST, PORT, DATABASE_URL, DATA_DIR, TARGET, SITES_PORT, CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_BASE_URL, CLOUDFLARE_PAGES_PREFIX, RUNNER, MAX_RUNNING, MAX_RUNNING_PER_WORKSPACE, QUEUE_POLICY, LEASE_SECONDS, ROOT_TOKEN, OTEL_EXPORTER_OTLP_ENDPOINT."
  )
)
