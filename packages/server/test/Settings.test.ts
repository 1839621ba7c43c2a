import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Option, Redacted } from "effect"
import { settings } from "../src/Settings.ts"

const token = "x".repeat(32)

const read = (env: Record<string, string>) =>
  Effect.provide(settings, ConfigProvider.layer(ConfigProvider.fromEnvRecord(env)))

describe("settings", () => {
  it.effect("have the documented defaults where nothing is set", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read({}), {
        host: "127.0.0.1",
        port: 3000,
        databaseUrl: Option.none(),
        dataDir: ".deploys",
        target: "local",
        sitesPort: 4000,
        pages: Option.none(),
        runner: true,
        maxRunning: 16,
        maxRunningPerWorkspace: Infinity,
        queuePolicy: "queue",
        leaseSeconds: 15,
        rootToken: Option.none(),
        requestsPerMinute: 6000,
        openStreamsPerToken: 100,
        openStreams: 5000,
        maxConnections: 10_000,
        corsOrigins: [],
        telemetry: Option.none()
      })
    })
  )

  it.effect("take an empty variable for one that is not set", () =>
    Effect.gen(function* () {
      const { databaseUrl, port } = yield* read({ DATABASE_URL: "", PORT: "" })
      assert.deepStrictEqual([databaseUrl, port], [Option.none(), 3000])
    })
  )

  it.effect("are read from their variables", () =>
    Effect.gen(function* () {
      const { pages, telemetry, ...read1 } = yield* read({
        HOST: "::1",
        PORT: "0",
        DATABASE_URL: "postgresql://u:p@h:5432/d",
        DATA_DIR: "/data",
        TARGET: "local",
        SITES_PORT: "65535",
        RUNNER: "off",
        MAX_RUNNING: "1",
        MAX_RUNNING_PER_WORKSPACE: "2",
        QUEUE_POLICY: "replace",
        LEASE_SECONDS: "300",
        ROOT_TOKEN: token,
        REQUESTS_PER_MINUTE: "0",
        OPEN_STREAMS_PER_TOKEN: "1",
        OPEN_STREAMS: "2",
        MAX_CONNECTIONS: "3",
        CORS_ORIGINS: "https://a.example.com, http://localhost:5173"
      })
      assert.deepStrictEqual(
        { ...read1, databaseUrl: undefined, rootToken: Option.map(read1.rootToken, Redacted.value) },
        {
          host: "::1",
          port: 0,
          databaseUrl: undefined,
          dataDir: "/data",
          target: "local",
          sitesPort: 65_535,
          runner: false,
          maxRunning: 1,
          maxRunningPerWorkspace: 2,
          queuePolicy: "replace",
          leaseSeconds: 300,
          rootToken: Option.some(token),
          requestsPerMinute: 0,
          openStreamsPerToken: 1,
          openStreams: 2,
          maxConnections: 3,
          corsOrigins: ["https://a.example.com", "http://localhost:5173"]
        }
      )
      assert.isTrue(Option.isNone(pages) && Option.isNone(telemetry))
      assert.deepStrictEqual(Option.map(read1.databaseUrl, Redacted.value), Option.some("postgresql://u:p@h:5432/d"))
    })
  )

  const port = "expected a port from 0 to 65535 (0 takes a free one), got"
  const wrong: ReadonlyArray<readonly [name: string, value: string, message: string]> = [
    ["PORT", "abc", `PORT: ${port} "abc"`],
    ["PORT", "65536", `PORT: ${port} "65536"`],
    ["PORT", "-1", `PORT: ${port} "-1"`],
    ["PORT", "0x50", `PORT: ${port} "0x50"`],
    ["PORT", "80\n81", `PORT: ${port} "80\\n81"`],
    ["SITES_PORT", "1e3", `SITES_PORT: ${port} "1e3"`],
    ["RUNNER", "yes", `RUNNER: expected "on" or "off", got "yes"`],
    ["TARGET", "s3", `TARGET: expected "local" or "pages", got "s3"`],
    ["TARGET", "pages", "CLOUDFLARE_ACCOUNT_ID: TARGET=pages needs it"],
    ["QUEUE_POLICY", "newest", `QUEUE_POLICY: expected "queue" or "latest" or "replace", got "newest"`],
    ["MAX_RUNNING", "0", `MAX_RUNNING: expected a whole number from 1 to 1000, got "0"`],
    ["MAX_RUNNING_PER_WORKSPACE", "0", `MAX_RUNNING_PER_WORKSPACE: expected a whole number from 1 to 1000, got "0"`],
    ["LEASE_SECONDS", "1.5", `LEASE_SECONDS: expected a whole number from 1 to 300, got "1.5"`],
    ["REQUESTS_PER_MINUTE", "-1", `REQUESTS_PER_MINUTE: expected a whole number from 0 to 1000000, got "-1"`],
    ...["*", "null", "https://a.example.com/", "a.example.com", "https://a.example.com,"].map((value) => {
      const expected = "origins with commas between them, such as https://console.example.com"
      return ["CORS_ORIGINS", value, `CORS_ORIGINS: expected ${expected}, got "${value}"`] as const
    })
  ]
  it.effect.each(wrong)("say in one line that %s can't be %s", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ [name]: value }))
      assert.strictEqual(error.message, message)
      assert.notInclude(error.message, "\n")
    })
  )

  const cloudflare = {
    TARGET: "pages",
    CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
    CLOUDFLARE_API_TOKEN: "s3cret-token"
  }

  it.effect("of Cloudflare Pages are its own address and no prefix where nothing else is set", () =>
    Effect.gen(function* () {
      const { accountId, apiToken, baseUrl, prefix } = yield* Effect.fromOption((yield* read(cloudflare)).pages)
      assert.deepStrictEqual(
        [accountId, Redacted.value(apiToken), baseUrl, prefix],
        [cloudflare.CLOUDFLARE_ACCOUNT_ID, "s3cret-token", "https://api.cloudflare.com/client/v4", ""]
      )
      assert.notInclude(JSON.stringify(yield* read(cloudflare)), "s3cret-token")
    })
  )

  it.effect("of Cloudflare Pages are not asked for where nothing is run", () =>
    Effect.gen(function* () {
      const { pages, target } = yield* read({ TARGET: "pages", RUNNER: "off" })
      assert.deepStrictEqual([target, pages], ["pages", Option.none()])
    })
  )

  const prefix =
    "CLOUDFLARE_PAGES_PREFIX: expected at most 18 lower-case letters, digits and hyphens, the first no hyphen"
  const address = "CLOUDFLARE_API_BASE_URL: expected an address such as https://api.example.com/v4, got"
  const wrongPages: ReadonlyArray<readonly [name: string, value: string, message: string]> = [
    ["CLOUDFLARE_ACCOUNT_ID", "", "CLOUDFLARE_ACCOUNT_ID: TARGET=pages needs it"],
    ["CLOUDFLARE_ACCOUNT_ID", "acme", `CLOUDFLARE_ACCOUNT_ID: expected 32 hexadecimal digits, got "acme"`],
    ["CLOUDFLARE_API_TOKEN", "", "CLOUDFLARE_API_TOKEN: TARGET=pages needs it"],
    ["CLOUDFLARE_API_TOKEN", "s3 cret", "CLOUDFLARE_API_TOKEN: expected visible ASCII characters without spaces"],
    ["CLOUDFLARE_API_BASE_URL", "api.cloudflare.com", `${address} "api.cloudflare.com"`],
    ["CLOUDFLARE_API_BASE_URL", "ftp://h/v4", `${address} "ftp://h/v4"`],
    ["CLOUDFLARE_PAGES_PREFIX", "-a", `${prefix}, got "-a"`],
    ["CLOUDFLARE_PAGES_PREFIX", "Team", `${prefix}, got "Team"`],
    ["CLOUDFLARE_PAGES_PREFIX", "a".repeat(19), `${prefix}, got "${"a".repeat(19)}"`]
  ]
  it.effect.each(wrongPages)("say in one line that for Cloudflare Pages %s can't be '%s'", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ ...cloudflare, [name]: value }))
      assert.strictEqual(error.message, message)
    })
  )

  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://otlp.example.com/v" }

  it.effect("of telemetry are protobuf under the name deploys where nothing but the address is set", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        (yield* read(endpoint)).telemetry,
        Option.some({
          endpoint: "https://otlp.example.com/v",
          protocol: "http/protobuf",
          headers: Option.none(),
          serviceName: "deploys",
          attributes: {}
        })
      )
    })
  )

  it.effect("of telemetry take lists as the specification writes them, and tell no header", () =>
    Effect.gen(function* () {
      const read1 = yield* read({
        ...endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20s3cret==, x-team = shop,",
        OTEL_RESOURCE_ATTRIBUTES: "service.name=releases,city=Z%C3%BCrich,empty="
      })
      const { attributes, headers, protocol, serviceName } = yield* Effect.fromOption(read1.telemetry)
      assert.deepStrictEqual(
        [Option.map(headers, Redacted.value), protocol, serviceName, attributes],
        [
          Option.some({ authorization: "Basic s3cret==", "x-team": "shop" }),
          "http/json",
          "releases",
          { "service.name": "releases", city: "Zürich", empty: "" }
        ]
      )
      assert.notInclude(JSON.stringify(read1), "s3cret")
    })
  )

  it.effect("of telemetry are not looked at where nothing is exported", () =>
    Effect.gen(function* () {
      const { telemetry } = yield* read({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_RESOURCE_ATTRIBUTES: "%" })
      assert.deepStrictEqual(telemetry, Option.none())
    })
  )

  const collector = "OTEL_EXPORTER_OTLP_ENDPOINT: expected an address such as http://localhost:4318"
  const pairs = "expected name=value with commas between them, values percent-encoded"
  const wrongTelemetry: ReadonlyArray<readonly [name: string, value: string, message: string]> = [
    ...["localhost:4318", "grpc://localhost:4317", "http://", "https://me:s3cret@otlp.example.com"].map(
      (value) => ["OTEL_EXPORTER_OTLP_ENDPOINT", value, collector] as const
    ),
    [
      "OTEL_EXPORTER_OTLP_PROTOCOL",
      "grpc",
      `OTEL_EXPORTER_OTLP_PROTOCOL: expected "http/protobuf" or "http/json", got "grpc"`
    ],
    ...["s3cret", "x-key=s3cret,s3cret", "x key=s3cret", "x-key=%s3cret", "x-key=s3cret%0A", "=s3cret"].map(
      (value) => ["OTEL_EXPORTER_OTLP_HEADERS", value, `OTEL_EXPORTER_OTLP_HEADERS: ${pairs}`] as const
    ),
    ["OTEL_RESOURCE_ATTRIBUTES", "team", `OTEL_RESOURCE_ATTRIBUTES: ${pairs}, got "team"`],
    ["OTEL_RESOURCE_ATTRIBUTES", "team=100%", `OTEL_RESOURCE_ATTRIBUTES: ${pairs}, got "team=100%"`]
  ]
  it.effect.each(wrongTelemetry)("say in one line that for telemetry %s can't be '%s'", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ ...endpoint, [name]: value }))
      assert.strictEqual(error.message, message)
    })
  )

  const secret: ReadonlyArray<readonly [name: string, value: string, message: string]> = [
    ["ROOT_TOKEN", "s3cret", "ROOT_TOKEN: expected at least 32 visible ASCII characters without spaces"],
    ["ROOT_TOKEN", `s3cret ${token}`, "ROOT_TOKEN: expected at least 32 visible ASCII characters without spaces"],
    ["ROOT_TOKEN", `s3crét${token}`, "ROOT_TOKEN: expected at least 32 visible ASCII characters without spaces"],
    [
      "DATABASE_URL",
      "mysql://u:s3cret@h/d",
      "DATABASE_URL: expected an address such as postgres://user@host:5432/database"
    ],
    [
      "DATABASE_URL",
      "postgres://s3cret",
      "DATABASE_URL: expected an address such as postgres://user@host:5432/database"
    ]
  ]
  it.effect.each(secret)("never repeat what %s was given", ([name, value, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ [name]: value }))
      assert.strictEqual(error.message, message)
    })
  )
})
