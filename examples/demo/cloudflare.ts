import { FakePages } from "@deploys/pages-target/testing"
import { Console, Context, Effect, Layer, Redacted } from "effect"

/** About as slow as the real one, so that there is something to see. */
const fake = FakePages.layer({ latency: "30 millis", deployTime: "1500 millis", canonicalDelay: "300 millis" })

/** Starts a fake of Cloudflare Pages, which is gone with the scope; answers with the settings that lead a server to it. */
export const start = Effect.gen(function* () {
  const { accountId, apiToken, apiUrl } = Context.get(yield* Layer.build(fake), FakePages)
  yield* Console.log(`A fake of the Cloudflare Pages API is at ${apiUrl}`)
  return {
    TARGET: "pages",
    CLOUDFLARE_ACCOUNT_ID: accountId,
    CLOUDFLARE_API_TOKEN: Redacted.value(apiToken),
    CLOUDFLARE_API_BASE_URL: apiUrl
  }
})

/** How to look at what the fake has now, and how to do without it. */
export const instructions = (settings: Effect.Success<typeof start>): string => `
What Cloudflare Pages has of the site is in its project, as Cloudflare's own API tells it:

  curl -s -H "Authorization: Bearer ${settings.CLOUDFLARE_API_TOKEN}" \\
    ${settings.CLOUDFLARE_API_BASE_URL}/accounts/${settings.CLOUDFLARE_ACCOUNT_ID}/pages/projects/demo

With TARGET=pages and your own CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN a server deploys to the real one.`
