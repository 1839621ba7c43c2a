import { DirectoryArtifacts } from "@deploys/core"
import { FakePages, type FakeCall } from "@deploys/pages-target/testing"
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Tree, target } from "./support/host.ts"
import { runPlan } from "./support/plans.ts"
import { temporaryFolder, wranglerDeploy } from "./support/wrangler.ts"

const hash = "0123456789abcdef0123456789abcdef01234567"
const message = "Ship \u{1f680} the grüße"

const bytes = (size: number, seed: number) => {
  const all = new Uint8Array(size)
  let state = seed
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    all[index] = state >>> 24
  }
  return all
}

const many = Object.fromEntries(
  Array.from({ length: 400 }, (_, index) => [`pages/${index % 7}/p${index}.html`, `<p>${index}</p>`.repeat(index + 1)])
)

const sites: Readonly<Record<string, { readonly tree: Tree; readonly flags?: ReadonlyArray<string> }>> = {
  names: {
    tree: {
      "index.html": "<h1>hi</h1>",
      "grüße/日本 語.html": "<p>ü</p>",
      "\u{1f680}.txt": "rocket",
      "100%.txt": "percent",
      "q?x#y.txt": "odd",
      "sp ace é.txt": "space",
      "empty.txt": "",
      "empty-no-extension": "",
      noext: "x\n",
      "UPPER.HTML": "x\n",
      "app.css": "body{}\n",
      "app.css.map": "body{}\n",
      "script.js": "let a",
      "module.mjs": "let b",
      "types.ts": "let c",
      "icon.ico": bytes(40, 1),
      "font.woff2": bytes(50, 2),
      "picture.webp": bytes(60, 3),
      "data.json": "{}",
      "unknown.zzz": "?",
      "dot.": "ends with a dot",
      ".env": "SECRET=1",
      ".well-known/security.txt": "Contact: a",
      ".hidden": "h",
      "sub/_headers": "served",
      "sub/functions/a.js": "served",
      "sub/.wrangler/x": "served",
      ".foo/node_modules/a.js": "served",
      "node_modules/a.js": "left out",
      "sub/node_modules/a.js": "left out",
      ".git/config": "left out",
      "sub/.DS_Store": "left out",
      ".wrangler/state": "left out",
      "same/one.txt": "the same",
      "same/two.txt": "the same",
      "same/three.html": "the same",
      _headers: "/*\n  X-Frame-Options: DENY\n",
      _redirects: "/old /new 301\n"
    }
  },
  many: { tree: { ...many, "large.bin": bytes(25 * 1024 * 1024, 4), "_routes.json": "{}", _headers: "" } },
  worker: {
    tree: {
      "index.html": "<h1>behind a worker</h1>",
      "_worker.js": "export default { fetch: (request, env) => env.ASSETS.fetch(request) }\n",
      "_routes.json": JSON.stringify({ version: 1, include: ["/api/*"], exclude: [] })
    },
    flags: ["--no-bundle"]
  }
}

const writeSite = (folder: string, tree: Tree) => {
  for (const [path, content] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

const partsOf = async (text: unknown) => {
  const bundle = String(text)
  const boundary = bundle.slice(2, bundle.indexOf("\r\n"))
  const form = await new Response(bundle, {
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` }
  }).formData()
  return Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === "string"
        ? { name, value }
        : { name, filename: value.name, type: value.type, text: await value.text() }
    )
  )
}

type Field = { readonly name: string; readonly value?: string; readonly bytes?: string }

/** The form of a deployment with what may differ made the same: the mark of the deploy, and the boundaries of a bundle. */
const formOf = async (detail: unknown) => {
  const fields = detail as ReadonlyArray<Field>
  return Promise.all(
    fields.map(async (field) => {
      if (field.name === "manifest") return { name: "manifest", value: JSON.parse(field.value ?? "") as unknown }
      if (field.name === "commit_message") return { name: field.name, value: field.value?.replace(/^dep_\S+ \S+ /, "") }
      return field.name === "_worker.bundle" ? { ...field, bytes: await partsOf(field.bytes) } : field
    })
  )
}

const hashesIn = (detail: unknown) => [...new Set(detail as ReadonlyArray<string>)].toSorted()

interface Upload {
  readonly key: string
}

const uploadsIn = (calls: ReadonlyArray<FakeCall>) => {
  const all = calls
    .filter(({ call }) => call === "uploadAssets")
    .flatMap(({ detail }) => detail as ReadonlyArray<Upload>)
  return [...new Map(all.map((one) => [one.key, one])).values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

/** What a client has sent, where nothing is left of what the two may do differently. */
const protocolOf = Effect.fnUntraced(function* (calls: ReadonlyArray<FakeCall>) {
  const last = (name: FakeCall["call"]) => calls.findLast(({ call }) => call === name)
  const create = last("createDeployment")
  const order = calls
    .map(({ call }) => call)
    .slice(0, calls.findIndex(({ call }) => call === "createDeployment") + 1)
    // The project asked for once, the token got once.
    .filter((call, index, all) => call !== all[index - 1] || call === "uploadAssets")
  const types = (headers: FakeCall["headers"] | undefined) => (headers?.["content-type"] ?? "").split(";")[0]
  return {
    order,
    missing: hashesIn(last("missingAssets")?.detail),
    registered: hashesIn(last("registerAssets")?.detail),
    uploads: uploadsIn(calls),
    form: yield* Effect.promise(() => formOf(create?.detail)),
    types: [
      ...new Set(
        calls.filter(({ method }) => method === "POST").map(({ call, headers }) => `${call} ${types(headers)}`)
      )
    ]
  }
})

/** The two clients side by side, each with a Cloudflare of its own. */
const compare = Effect.fnUntraced(function* (folder: string, site: string, root: string, fakes: Fakes) {
  const { flags = [] } = sites[site] ?? {}
  const callsOf = Effect.fnUntraced(function* (fake: FakePages["Service"], run: Effect.Effect<unknown, unknown>) {
    const before = (yield* fake.calls).length
    yield* run
    return yield* protocolOf((yield* fake.calls).slice(before))
  })
  const { accountId, apiToken, apiUrl } = fakes.theirs
  const theirs = yield* callsOf(
    fakes.theirs,
    wranglerDeploy({
      apiUrl,
      accountId,
      apiToken: Redacted.value(apiToken),
      project: "demo",
      folder,
      message,
      hash,
      flags
    })
  )
  const ours = yield* callsOf(
    fakes.ours,
    runPlan({ app: "demo", artifact: site, message, hash }).pipe(
      Effect.provide(target({ callTimeout: "20 seconds" })),
      Effect.provideService(FakePages, fakes.ours),
      Effect.provide([
        Layer.provideMerge(DirectoryArtifacts.layer(root), NodeServices.layer),
        NodeHttpClient.layerUndici
      ])
    )
  )
  assert.deepStrictEqual(ours, theirs)
  return ours
})

interface Fakes {
  readonly ours: FakePages["Service"]
  readonly theirs: FakePages["Service"]
}

describe("what goes over the wire", () => {
  it.live.each(Object.keys(sites))(
    "is what Cloudflare's own client sends: %s",
    (site) =>
      Effect.gen(function* () {
        const root = yield* temporaryFolder
        const folder = join(root, site)
        writeSite(folder, sites[site]?.tree ?? {})
        const fake = Effect.map(Layer.build(Layer.fresh(FakePages.layer())), (context) =>
          Context.get(context, FakePages)
        )
        const fakes = { ours: yield* fake, theirs: yield* fake }
        yield* fakes.ours.addProject("demo")
        yield* fakes.theirs.addProject("demo")
        const cold = yield* compare(folder, site, root, fakes)
        assert.isAbove(cold.uploads.length, 0)
        if (site !== "names") return
        const unchanged = yield* compare(folder, site, root, fakes)
        assert.deepStrictEqual(unchanged.uploads, [])
      }).pipe(Effect.scoped),
    120_000
  )
})
