import { Build, BuildId, EntityId } from "@deploys/core"
import { Authorization, Problems, StrictInput } from "@deploys/http/api"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { describe } from "./describe.ts"

const text = (most: number) => Schema.optionalKey(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(most)))

/** What is known of a build that is uploaded. Its version is `main` if none is given, and is made where it is missing. */
export const BuildQuery = Schema.Struct({
  branch: text(255),
  commit: text(255),
  message: text(4096),
  version: text(100)
})
/** What is known of a build that is uploaded. */
export interface BuildQuery extends Schema.Schema.Type<typeof BuildQuery> {}

/** Types that the body of an upload may have. */
export const archiveTypes = ["application/x-tar", "application/gzip"] as const

const params = { id: EntityId }

/** The builds of an app. */
export class BuildsApi extends HttpApiGroup.make("builds")
  .add(
    HttpApiEndpoint.get("list", "/apps/:id/builds", {
      params,
      success: Schema.Struct({ data: Schema.Array(Build) }),
      error: [Problems.NotFound, Problems.UnavailableResponse]
    }).annotateMerge(describe("List builds", "The newest 100 of an app, the newest first.")),
    HttpApiEndpoint.post("upload", "/apps/:id/builds", {
      params,
      query: BuildQuery,
      payload: HttpApiSchema.StreamUint8Array({ contentType: archiveTypes }),
      success: Build.pipe(HttpApiSchema.status(201)),
      error: [
        Problems.Forbidden,
        Problems.NotFound,
        Problems.RequestTimeout,
        Problems.UnsupportedMediaType,
        Problems.InvalidRequest,
        Problems.UnavailableResponse
      ]
    }).annotateMerge(
      describe(
        "Upload a build",
        "The body is a tar of the site, `application/x-tar`, or a gzipped one, `application/gzip`. At most 20,000 files, 25 MiB each and 1 GiB together; links, special files and paths that leave the archive are refused, each by name."
      )
    ),
    HttpApiEndpoint.get("get", "/builds/:id", {
      params: { id: BuildId },
      success: Build,
      error: [Problems.NotFound, Problems.UnavailableResponse]
    }).annotateMerge(describe("Get a build", "A build, where its files are, and how far it has come."))
  )
  .middleware(StrictInput)
  .middleware(Authorization)
  .prefix("/api")
  .annotate(OpenApi.Title, "Builds")
  .annotate(OpenApi.Description, "What a deploy puts live: the files of an app, uploaded as a tar.") {}
