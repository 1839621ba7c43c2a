import { DeployId } from "@deploys/core"
import { SiteHost } from "@deploys/local-target"
import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"

const shop = SiteHost.SiteName.make("shop")
const deployId = DeployId.make("dep_01j00000000000000000000000")

describe("SiteHost", () => {
  it.prop(
    "a host that was made reads as what it was made of",
    [Schema.Struct({ name: SiteHost.SiteName, deployId: Schema.NullOr(DeployId) })],
    ([site]) => {
      assert.deepStrictEqual(SiteHost.fromHeader(SiteHost.format(site)), Option.some(site))
    }
  )

  it("addresses say deploy, site and port", () => {
    assert.strictEqual(SiteHost.url({ name: shop, deployId: null }, 4000), "http://shop.localhost:4000/")
    assert.strictEqual(
      SiteHost.url({ name: shop, deployId }, 4000),
      "http://dep-01j00000000000000000000000.shop.localhost:4000/"
    )
  })

  it.each(["shop.localhost", "shop.localhost:4000", "SHOP.localhost:1", "shop.localhost.", "shop.localhost.:80"])(
    "%s stands for the production of a site",
    (header) => {
      assert.deepStrictEqual(SiteHost.fromHeader(header), Option.some({ name: shop, deployId: null }))
    }
  )

  it.each([
    "",
    "localhost",
    "localhost:4000",
    "127.0.0.1",
    "[::1]:4000",
    ".localhost",
    "-shop.localhost",
    "shop-.localhost",
    "sh_op.localhost",
    "..localhost",
    "shop..localhost",
    "a.shop.localhost",
    "shop.localhost.evil.example",
    "shop.example",
    `${"a".repeat(41)}.localhost`,
    "dep-8zzzzzzzzzzzzzzzzzzzzzzzzz.shop.localhost",
    "dep-01j0000000000000000000000.shop.localhost",
    "../shop.localhost",
    "shop/../x.localhost"
  ])("no site is meant by the host %j", (header) => {
    assert.deepStrictEqual(SiteHost.fromHeader(header), Option.none())
  })
})
