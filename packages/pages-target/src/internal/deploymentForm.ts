import { Effect, Option, Schema, Stream } from "effect"
import { ArtifactInvalid } from "@deploys/core"
import { type AssetManifest, manifestJson } from "../AssetManifest.ts"
import type { DeployWork } from "./deployWork.ts"
import { markedMessage } from "./marker.ts"
import type { Site, SpecialName } from "./siteFiles.ts"

const Routes = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal(1),
    include: Schema.NonEmptyArray(Schema.String),
    exclude: Schema.Array(Schema.String)
  })
)

/** A worker as a bundle of one module, as Cloudflare's own client sends it when it isn't to build anything. */
const bundleOf = (worker: Uint8Array<ArrayBuffer>) => {
  const form = new FormData()
  form.append("metadata", JSON.stringify({ main_module: "_worker.js" }))
  form.append("_worker.js", new File([worker], "_worker.js", { type: "application/javascript+module" }))
  return Effect.promise(() => new Response(form).bytes())
}

const special = (site: Site, name: SpecialName) =>
  Option.match(Option.fromUndefinedOr(site.special.get(name)), {
    onNone: () => Effect.succeedNone,
    onSome: ({ content }) =>
      Effect.map(Stream.mkUint8Array(content), (bytes) => Option.filter(Option.some(bytes), (all) => all.length > 0))
  })

const checkedRoutes = (bytes: Uint8Array<ArrayBuffer>) =>
  Schema.decodeUnknownEffect(Routes)(new TextDecoder().decode(bytes)).pipe(
    Effect.as(bytes),
    Effect.mapError(() => {
      const detail = "It needs `version: 1`, an `include` list that is not empty, and an `exclude` list"
      return new ArtifactInvalid({ reason: "malformed", path: "_routes.json", detail })
    })
  )

/** What a deployment is made of, in the order in which Cloudflare's own client sends it. */
export const deploymentForm = Effect.fnUntraced(function* (
  { request }: DeployWork,
  site: Site,
  manifest: AssetManifest,
  branch: string
) {
  const { build, deploy, entity } = request
  const form = new FormData()
  const file = (name: string, bytes: Uint8Array<ArrayBuffer>) => form.append(name, new File([bytes], name))
  form.append("manifest", manifestJson(manifest))
  form.append("branch", branch)
  form.append("commit_message", markedMessage(deploy.id, entity.id, build.commitMessage))
  if (build.commitSha !== null) form.append("commit_hash", build.commitSha)
  form.append("commit_dirty", "false")
  for (const name of ["_headers", "_redirects"] as const) {
    const bytes = yield* special(site, name)
    if (Option.isSome(bytes)) file(name, bytes.value)
  }
  const worker = yield* special(site, "_worker.js")
  const bundle = Option.isSome(worker)
    ? Option.some(yield* bundleOf(worker.value))
    : yield* special(site, "_worker.bundle")
  if (Option.isNone(bundle)) return form
  file("_worker.bundle", bundle.value)
  const routes = yield* special(site, "_routes.json")
  if (Option.isSome(routes)) file("_routes.json", yield* checkedRoutes(routes.value))
  return form
})
