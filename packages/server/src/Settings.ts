import { QueuePolicy } from "@deploys/core"
import { cloudflareApi } from "@deploys/pages-target"
import { Config, Effect, Option, Schema, SchemaTransformation } from "effect"
import { CliError } from "effect/cli"

/** A setting that can't be taken. The message is one line that names it; secrets are not repeated. */
export class InvalidSetting extends Schema.TaggedError<InvalidSetting>()("InvalidSetting", {
  setting: Schema.String,
  detail: Schema.String
}) {
  /** The setting's name and what is wrong with it. */
  override get message() {
    return `${this.setting}: ${this.detail}`
  }
  /** Shown as it is by the command line. */
  override get [CliError.userMessage]() {
    return this.message
  }
}

/** Smallest length of a root token, in characters. */
export const rootTokenLength = 32

const wholeNumber = (minimum: number, maximum: number) =>
  Schema.String.check(Schema.isPattern(/^\d{1,9}$/)).pipe(
    Schema.decodeTo(Schema.Int.check(Schema.isBetween({ minimum, maximum })), SchemaTransformation.numberFromString)
  )

/** A token as it goes into a header: visible ASCII, at least 32 characters. */
export const SecretToken = Schema.RedactedFromValue(
  Schema.String.check(Schema.isPattern(/^[\x21-\x7e]+$/), Schema.isMinLength(rootTokenLength))
)

const PostgresUrl = Schema.RedactedFromValue(
  Schema.String.check(
    Schema.makeFilter((text: string) => /^postgres(ql)?:\/\/[^/]+\/[^/]+/.test(text) && URL.canParse(text))
  )
)

/** Reads one variable; one that is absent or empty is the default. `expected` is what the error says. */
const setting = <A>(
  name: string,
  options: { readonly schema: Schema.Codec<A, string>; readonly expected: string; readonly secret?: boolean }
) =>
  Effect.gen(function* () {
    const text = yield* Effect.orDie(Config.option(Config.String(name)))
    if (Option.isNone(text)) return Option.none<A>()
    const got = options.secret === true ? "" : `, got ${JSON.stringify(text.value)}`
    return yield* Schema.decodeEffect(options.schema)(text.value).pipe(
      Effect.mapError(() => new InvalidSetting({ setting: name, detail: `expected ${options.expected}${got}` })),
      Effect.asSome
    )
  })

const orElse = <A, E>(value: Effect.Effect<Option.Option<A>, E>, fallback: A) =>
  Effect.map(
    value,
    Option.getOrElse(() => fallback)
  )

const port = (name: string, fallback: number) =>
  orElse(
    setting(name, { schema: wholeNumber(0, 65_535), expected: "a port from 0 to 65535 (0 takes a free one)" }),
    fallback
  )

const count = (name: string, maximum: number, fallback: number, minimum = 1) =>
  orElse(
    setting(name, { schema: wholeNumber(minimum, maximum), expected: `a whole number from ${minimum} to ${maximum}` }),
    fallback
  )

const oneOf = <const L extends ReadonlyArray<string>>(name: string, literals: L, fallback: L[number]) =>
  orElse(
    setting(name, { schema: Schema.Literals(literals), expected: literals.map((text) => `"${text}"`).join(" or ") }),
    fallback
  )

const target = oneOf("TARGET", ["local", "pages"], "local")
const runner = Effect.map(oneOf("RUNNER", ["on", "off"], "on"), (word) => word === "on")

const needed = <A, E>(name: string, value: Effect.Effect<Option.Option<A>, E>) =>
  Effect.flatMap(value, (found) =>
    Option.isSome(found)
      ? Effect.succeed(found.value)
      : Effect.fail(new InvalidSetting({ setting: name, detail: "TARGET=pages needs it" }))
  )

/** Ahead of any app's name it makes the name of a Pages project, which has 58 characters at most. */
const ProjectPrefix = Schema.String.check(Schema.isPattern(/^[a-z0-9][a-z0-9-]{0,17}$/))

const ApiUrl = Schema.String.check(
  Schema.makeFilter((text: string) => /^https?:\/\/[^?#@]+$/.test(text) && URL.canParse(text))
)

/** What reaches Cloudflare Pages. */
const cloudflare = Effect.all({
  accountId: needed(
    "CLOUDFLARE_ACCOUNT_ID",
    setting("CLOUDFLARE_ACCOUNT_ID", {
      schema: Schema.String.check(Schema.isPattern(/^[0-9a-f]{32}$/)),
      expected: "32 hexadecimal digits"
    })
  ),
  apiToken: needed(
    "CLOUDFLARE_API_TOKEN",
    setting("CLOUDFLARE_API_TOKEN", {
      schema: Schema.RedactedFromValue(Schema.String.check(Schema.isPattern(/^[\x21-\x7e]+$/))),
      expected: "visible ASCII characters without spaces",
      secret: true
    })
  ),
  baseUrl: orElse(
    setting("CLOUDFLARE_API_BASE_URL", { schema: ApiUrl, expected: "an address such as https://api.example.com/v4" }),
    cloudflareApi
  ),
  prefix: orElse(
    setting("CLOUDFLARE_PAGES_PREFIX", {
      schema: ProjectPrefix,
      expected: "at most 18 lower-case letters, digits and hyphens, the first no hyphen"
    }),
    ""
  )
})

/** A server that runs nothing needs no token. */
const pages = Effect.flatMap(Effect.all([target, runner]), ([name, runs]) =>
  name === "pages" && runs ? Effect.asSome(cloudflare) : Effect.succeedNone
)

/** `name=value,name=value`, as W3C Baggage writes it: values are percent-encoded. */
const pairs = (value: Schema.Codec<string, string>) =>
  Schema.String.check(Schema.isPattern(/^(\s*[!#$%&'*+.^_`|~\w-]+\s*=[^,]*(,|$))+$/)).pipe(
    Schema.decodeTo(
      Schema.Record(Schema.String, value),
      SchemaTransformation.splitKeyValue({ trim: true, keepEmptyValues: true })
    )
  )

const expectedPairs = "name=value with commas between them, values percent-encoded"

/** What a header can hold: anything else would fail every export instead of the start. */
const HeaderValue = Schema.StringFromUriComponent.check(Schema.isPattern(/^[\t\x20-\x7e]*$/))

/** Where traces, metrics and logs go, by the variables of the OpenTelemetry specification. */
const exporter = Effect.fnUntraced(function* (endpoint: string) {
  const attributes = yield* orElse(
    setting("OTEL_RESOURCE_ATTRIBUTES", { schema: pairs(Schema.StringFromUriComponent), expected: expectedPairs }),
    {}
  )
  return {
    endpoint,
    protocol: yield* oneOf("OTEL_EXPORTER_OTLP_PROTOCOL", ["http/protobuf", "http/json"], "http/protobuf"),
    headers: yield* setting("OTEL_EXPORTER_OTLP_HEADERS", {
      schema: Schema.RedactedFromValue(pairs(HeaderValue)),
      expected: expectedPairs,
      secret: true
    }),
    serviceName: yield* orElse(
      setting("OTEL_SERVICE_NAME", { schema: Schema.NonEmptyString, expected: "a name" }),
      attributes["service.name"] || "deploys"
    ),
    attributes
  }
})

const telemetry = Effect.flatMap(
  setting("OTEL_EXPORTER_OTLP_ENDPOINT", {
    schema: ApiUrl,
    expected: "an address such as http://localhost:4318",
    // Those who put a password into the address are to find it in no log.
    secret: true
  }),
  Option.match({ onNone: () => Effect.succeedNone, onSome: (endpoint) => Effect.asSome(exporter(endpoint)) })
)

const isOrigin = (text: string) => /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text

const originsOf = (text: string) => text.split(",").map((origin) => origin.trim())

const Origins = Schema.String.check(Schema.makeFilter((text: string) => originsOf(text).every(isOrigin)))

const corsOrigins = orElse(
  Effect.map(
    setting("CORS_ORIGINS", {
      schema: Origins,
      expected: "origins with commas between them, such as https://console.example.com"
    }),
    Option.map(originsOf)
  ),
  []
)

/**
 * The settings of the ready server, from the configuration (environment variables by default):
 *
 * - `HOST` (127.0.0.1) and `PORT` (3000; 0 takes a free one): where the API listens.
 * - `DATABASE_URL`: PostgreSQL. Absent: PGlite in `DATA_DIR`.
 * - `DATA_DIR` (`.deploys`): artifacts, sites and the token that was made are always there.
 * - `TARGET` (`local`) and `SITES_PORT` (4000; 0 takes a free one and keeps it in `DATA_DIR`).
 * - `CLOUDFLARE_ACCOUNT_ID` and `CLOUDFLARE_API_TOKEN` are needed where `TARGET` is `pages` and `RUNNER` is `on`;
 *   `CLOUDFLARE_API_BASE_URL` (Cloudflare's) and `CLOUDFLARE_PAGES_PREFIX` (none; ahead of an app's name in its project's).
 * - `RUNNER` (`on`; `off` serves the API and runs nothing), `MAX_RUNNING` (16 deploys at once in this process) and
 *   `MAX_RUNNING_PER_WORKSPACE` (absent: no limit; deploys of a workspace at once, over all servers on one PostgreSQL).
 * - `QUEUE_POLICY` (`queue`): what a new deploy does to older ones of its app: `queue` lets each have its turn, `latest` ends
 *   those that are pending, `replace` the running one too. An automatic one never does so to a manual one or a rollback.
 * - `LEASE_SECONDS` (15): after how long a killed server's deploys are taken up. Too short a time lets a busy machine lose
 *   its own.
 * - `REQUESTS_PER_MINUTE` (6000; 0 is no limit) and `OPEN_STREAMS_PER_TOKEN` (100): what a token may ask for in this process;
 *   `OPEN_STREAMS` (5000) and `MAX_CONNECTIONS` (10000): what all may have together.
 * - `CORS_ORIGINS`: origins whose pages may call the API from a browser, with commas between them. Absent: none.
 * - `OTEL_EXPORTER_OTLP_ENDPOINT`: the base address that traces, metrics and logs are sent to. Absent: none are. With it
 *   `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/protobuf`, or `http/json`), `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`
 *   (`deploys`) and `OTEL_RESOURCE_ATTRIBUTES` mean what the OpenTelemetry specification says.
 * - `ROOT_TOKEN`: a token with every right in every workspace, at least 32 characters. Absent: one is made.
 */
export const settings = Effect.all({
  host: orElse(setting("HOST", { schema: Schema.NonEmptyString, expected: "a host name or an address" }), "127.0.0.1"),
  port: port("PORT", 3000),
  databaseUrl: setting("DATABASE_URL", {
    schema: PostgresUrl,
    expected: "an address such as postgres://user@host:5432/database",
    secret: true
  }),
  dataDir: orElse(setting("DATA_DIR", { schema: Schema.NonEmptyString, expected: "a folder" }), ".deploys"),
  target,
  sitesPort: port("SITES_PORT", 4000),
  pages,
  runner,
  maxRunning: count("MAX_RUNNING", 1000, 16),
  maxRunningPerWorkspace: count("MAX_RUNNING_PER_WORKSPACE", 1000, Infinity),
  queuePolicy: oneOf("QUEUE_POLICY", QueuePolicy.literals, "queue"),
  leaseSeconds: count("LEASE_SECONDS", 300, 15),
  rootToken: setting("ROOT_TOKEN", {
    schema: SecretToken,
    expected: `at least ${rootTokenLength} visible ASCII characters without spaces`,
    secret: true
  }),
  requestsPerMinute: count("REQUESTS_PER_MINUTE", 1_000_000, 6000, 0),
  openStreamsPerToken: count("OPEN_STREAMS_PER_TOKEN", 1_000_000, 100),
  openStreams: count("OPEN_STREAMS", 1_000_000, 5000),
  maxConnections: count("MAX_CONNECTIONS", 1_000_000, 10_000),
  corsOrigins,
  telemetry
})

/** The settings of the ready server. */
export type Settings = Effect.Success<typeof settings>
