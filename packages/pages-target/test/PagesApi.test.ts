import type { PagesError } from "@deploys/pages-target"
import { PagesApi, PagesConfig } from "@deploys/pages-target"
import { FakeFault, FakePages, type FakeOptions } from "@deploys/pages-target/testing"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Exit, Layer, Option, Redacted, Stream } from "effect"
import { hashAsset } from "../src/AssetHash.ts"
import { quick } from "./support/host.ts"

const api = (fake: FakeOptions = {}, options: Parameters<typeof FakePages.config>[0] = {}) =>
  PagesApi.layer.pipe(
    Layer.provide(FakePages.config({ ...quick, ...options })),
    Layer.provideMerge(FakePages.layer(fake)),
    Layer.provide(NodeHttpClient.layerUndici)
  )

const ready = Effect.gen(function* () {
  const fake = yield* FakePages
  yield* fake.addProject("demo")
  return { fake, pages: yield* PagesApi }
})

const named = (name: string) =>
  Effect.map(
    FakePages.use(({ calls }) => calls),
    (all) => all.filter(({ call }) => call === name)
  )

const assetOf = (content: string) =>
  Effect.gen(function* () {
    const bytes = new TextEncoder().encode(content)
    const hash = yield* hashAsset("a.txt", bytes.length, Stream.succeed(bytes))
    return { hash, contentType: "text/plain", size: bytes.length, content: Stream.succeed(bytes) }
  })

describe("the Pages API", () => {
  const answers: ReadonlyArray<readonly [string, FakeFault, Partial<PagesError>]> = [
    [
      "an error of Cloudflare's",
      FakeFault.Refused({ status: 400, code: 8000024, message: "Bad page" }),
      { fault: "refused", status: 400, code: 8000024, detail: "Bad page" }
    ],
    [
      "too many calls",
      FakeFault.Refused({ status: 429, code: 10000, message: "Rate limited", retryAfter: 0.01 }),
      { fault: "limited", retryAfterMillis: 10 }
    ],
    [
      "a throttle without 429",
      FakeFault.Refused({ status: 400, code: 971, message: "Throttled" }),
      { fault: "limited" }
    ],
    [
      "a token of no use",
      FakeFault.Refused({ status: 400, code: 10000, message: "Authentication error" }),
      { fault: "unauthorized" }
    ],
    [
      "an unknown error with 200",
      FakeFault.Refused({ status: 200, code: 8000000, message: "?" }),
      { fault: "unavailable", code: 8000000 }
    ],
    [
      "a gateway",
      FakeFault.Gateway({ status: 524 }),
      { fault: "unavailable", status: 524, code: null, detail: "524 Bad gateway" }
    ],
    ["no answer", FakeFault.Reset(), { fault: "unavailable", status: null }],
    [
      "an answer over the limit",
      FakeFault.Slow({ duration: "10 seconds" }),
      { fault: "unavailable", detail: "No answer within 300ms" }
    ]
  ]

  it.live.each(answers)("tells %s for what it is", ([, fault, expected]) =>
    Effect.gen(function* () {
      const { fake, pages } = yield* ready
      yield* fake.inject("project", fault, { times: 10 })
      const error = yield* Effect.flip(pages.project("demo"))
      const { call, ...facts } = {
        call: error.call,
        ...Object.fromEntries(Object.keys(expected).map((key) => [key, Reflect.get(error, key)]))
      }
      assert.strictEqual(call, "project")
      assert.deepStrictEqual(facts, expected)
      assert.lengthOf(yield* named("project"), error.retryable ? 3 : 1)
    }).pipe(Effect.provide(api({}, { retries: 2, callTimeout: fault._tag === "Slow" ? "300 millis" : "10 seconds" })))
  )

  it.live("waits as long as Cloudflare asks before it calls again", () =>
    Effect.gen(function* () {
      const { fake, pages } = yield* ready
      yield* fake.inject(
        "project",
        FakeFault.Refused({ status: 429, code: 10000, message: "Rate limited", retryAfter: 0.3 })
      )
      const [took] = yield* Effect.timed(pages.project("demo"))
      assert.isAtLeast(Duration.toMillis(took), 300)
    }).pipe(Effect.provide(api()))
  )

  it.live("gets another upload token before the first one ends", () =>
    Effect.gen(function* () {
      const { pages } = yield* ready
      const asset = yield* assetOf("a")
      yield* pages.uploadAssets("demo", [asset], () => Effect.void)
      yield* Effect.sleep("6400 millis")
      yield* pages.uploadAssets("demo", [asset], () => Effect.void)
      assert.deepStrictEqual(
        (yield* named("uploadAssets")).map(({ status }) => status),
        [200, 200]
      )
      assert.lengthOf(yield* named("uploadToken"), 2)
    }).pipe(Effect.provide(api({ tokenLifetime: "8 seconds" })))
  )

  it.live("gets one token for uploads that are refused at the same time", () =>
    Effect.gen(function* () {
      const { fake, pages } = yield* ready
      const assets = yield* Effect.forEach(["a", "b", "c"], assetOf)
      yield* pages.maxFiles("demo")
      yield* fake.inject("uploadAssets", FakeFault.ExpiredToken())
      yield* Effect.forEach(assets, (asset) => pages.uploadAssets("demo", [asset], () => Effect.void), {
        concurrency: 3
      })
      assert.lengthOf(yield* named("uploadToken"), 2)
    }).pipe(Effect.provide(api()))
  )

  it.live("sends a body whose length it says beforehand, and that is whole JSON", () =>
    Effect.gen(function* () {
      const { pages } = yield* ready
      const assets = yield* Effect.forEach(["", "a", "ab", "abc", "\u{1f680}".repeat(50_000)], assetOf)
      yield* pages.uploadAssets("demo", assets, () => Effect.void)
      const [call] = yield* named("uploadAssets")
      assert.deepStrictEqual(
        call?.detail,
        assets.map(({ contentType, hash, size }) => ({
          key: hash,
          contentType,
          base64: true,
          length: Math.ceil(size / 3) * 4
        }))
      )
      assert.isAbove(call?.size ?? 0, 266_000)
    }).pipe(Effect.provide(api()))
  )

  it.live("knows by Cloudflare's code that a deployment is gone, whatever the status", () =>
    Effect.gen(function* () {
      const { fake, pages } = yield* ready
      const gone = FakeFault.Refused({ status: 400, code: 8000009, message: "It does not exist" })
      for (const status of ["the fake's", "another"]) {
        assert.isTrue(Option.isNone(yield* pages.deployment("demo", "none")), status)
        yield* pages.deleteDeployment("demo", "none")
        yield* fake.inject("deployment", gone)
        yield* fake.inject("deleteDeployment", gone)
      }
      assert.strictEqual((yield* Effect.flip(pages.rollback("demo", "none"))).code, 8000009)
    }).pipe(Effect.provide(api()))
  )

  it.live("makes a project whose name is taken by nobody, and finds it when the answer was lost", () =>
    Effect.gen(function* () {
      const fake = yield* FakePages
      const pages = yield* PagesApi
      yield* fake.inject("createProject", FakeFault.Lost())
      assert.strictEqual((yield* pages.createProject("new", "trunk")).production_branch, "trunk")
    }).pipe(Effect.provide(api()))
  )
})

describe("the settings", () => {
  const environment = (values: Record<string, string>) =>
    Effect.provide(
      Effect.exit(Effect.scoped(Layer.build(PagesConfig.layerConfig()))),
      ConfigProvider.layer(ConfigProvider.fromUnknown(values))
    )
  const needed = { CLOUDFLARE_ACCOUNT_ID: "acc", CLOUDFLARE_API_TOKEN: "token-of-the-environment" }

  it.effect("come from the environment, with Cloudflare's address by default", () =>
    Effect.gen(function* () {
      const read = (values: Record<string, string>) =>
        PagesConfig.pipe(
          Effect.provide(PagesConfig.layerConfig()),
          Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(values)))
        )
      const plain = yield* read(needed)
      assert.deepStrictEqual(
        [plain.accountId, Redacted.value(plain.apiToken), plain.baseUrl],
        ["acc", "token-of-the-environment", "https://api.cloudflare.com/client/v4"]
      )
      const set = yield* read({
        ...needed,
        CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:1/client/v4/",
        CLOUDFLARE_PAGES_PREFIX: "acme-"
      })
      assert.strictEqual(set.baseUrl, "http://127.0.0.1:1/client/v4")
      assert.include(JSON.stringify(plain), "<redacted")
    })
  )

  it.effect("that are missing or wrong are named", () =>
    Effect.gen(function* () {
      for (const [values, name] of [
        [{ CLOUDFLARE_ACCOUNT_ID: "acc" }, "CLOUDFLARE_API_TOKEN"],
        [{ CLOUDFLARE_API_TOKEN: "t" }, "CLOUDFLARE_ACCOUNT_ID"],
        [{ ...needed, CLOUDFLARE_API_BASE_URL: "nowhere" }, "CLOUDFLARE_API_BASE_URL"]
      ] as const) {
        const exit = yield* environment(values)
        assert(Exit.isFailure(exit))
        assert.include(String(exit.cause), name)
      }
    })
  )
})
