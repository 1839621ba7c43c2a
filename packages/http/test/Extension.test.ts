import { DeploysHandlers, FetchHandler, HttpApp, SystemHandlers } from "@deploys/http"
import { Api, Authorization, CurrentPrincipal, JsonBody, Problems, StrictInput } from "@deploys/http/api"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiEndpoint, HttpApiError, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import * as ScriptedEngine from "./support/ScriptedEngine.ts"
import { sender } from "./support/Web.ts"

class NameTaken extends HttpApiError.Problem<NameTaken>()("NameTaken", {
  type: "urn:problem-type:host:name-taken",
  status: 409,
  title: "Name Taken"
}) {}

const Tar = HttpApiSchema.StreamUint8Array({ contentType: ["application/x-tar", "application/gzip"], maxBytes: 10 })

class AppsApi extends HttpApiGroup.make("apps")
  .add(
    HttpApiEndpoint.post("create", "/", {
      payload: Schema.Struct({ name: Schema.NonEmptyString }),
      success: Schema.Struct({ by: Schema.String }).pipe(HttpApiSchema.status(201)),
      error: NameTaken
    }).middleware(JsonBody),
    HttpApiEndpoint.post("upload", "/:id/builds", {
      params: { id: Schema.String },
      query: { tag: Schema.optionalKey(Schema.Array(Schema.String)) },
      payload: Tar,
      success: Schema.Struct({ bytes: Schema.Natural })
    }),
    HttpApiEndpoint.delete("remove", "/:id", { params: { id: Schema.String } })
  )
  .middleware(StrictInput)
  .middleware(Authorization)
  .prefix("/api/apps") {}

class HostApi extends Api.add(AppsApi) {}

const AppsHandlers = HttpApiBuilder.group(HostApi, "apps", (handlers) =>
  handlers.handleAll({
    create: Effect.fnUntraced(function* ({ payload }) {
      if (payload.name === "taken") return yield* new NameTaken({ detail: "The name is taken" })
      return { by: (yield* CurrentPrincipal).subject }
    }),
    upload: ({ payload }) =>
      Effect.map(
        Stream.runFold(
          payload,
          () => 0,
          (sum, chunk) => sum + chunk.length
        ),
        (bytes) => ({ bytes })
      ),
    remove: () => Effect.void
  })
)

const app = Layer.merge(
  HttpApp.layerFrom(HostApi, { routes: [{ method: "GET", path: "/about" }] }),
  HttpRouter.add("GET", "/about", HttpServerResponse.text("about"))
).pipe(
  Layer.provide([DeploysHandlers.layer, SystemHandlers.layer, AppsHandlers]),
  Layer.provide(HttpApp.layerMiddleware),
  Layer.provide(ScriptedEngine.layer)
)

const served = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => FetchHandler.make(app)),
    ({ dispose }) => Effect.promise(dispose)
  ),
  ({ handler }) => sender(handler)
)

const tar = { "content-type": "application/x-tar" }

describe("a host's own group", () => {
  const cases: ReadonlyArray<
    readonly [name: string, request: Parameters<ReturnType<typeof sender>>, status: number, says: object]
  > = [
    ["knows who calls", ["POST", "/api/apps", { body: { name: "a" } }], 201, { by: "root" }],
    ["wants a token", ["POST", "/api/apps", { body: { name: "a" }, token: null }], 401, { title: "Unauthorized" }],
    [
      "has problems of its own",
      ["POST", "/api/apps", { body: { name: "taken" } }],
      409,
      { type: "urn:problem-type:host:name-taken" }
    ],
    ["is strict about bodies", ["POST", "/api/apps", { body: { name: "" } }], 400, { title: "Invalid Request" }],
    ["is strict about queries", ["DELETE", "/api/apps/1?force"], 400, { title: "Invalid Request" }],
    [
      "takes uploads as they come",
      ["POST", "/api/apps/1/builds?tag=a&tag=b", { body: "0123456789", headers: tar }],
      200,
      { bytes: 10 }
    ],
    [
      "refuses larger uploads than it says",
      ["POST", "/api/apps/1/builds", { body: "0123456789a", headers: tar }],
      413,
      { maxBytes: 10 }
    ],
    [
      "refuses them by their length",
      ["POST", "/api/apps/1/builds", { body: "0123456789a", headers: { ...tar, "content-length": "11" } }],
      413,
      { title: "Payload Too Large" }
    ],
    [
      "refuses uploads of another type",
      ["POST", "/api/apps/1/builds", { body: "x", headers: { "content-type": "text/html" } }],
      415,
      { title: "Unsupported Media Type" }
    ],
    [
      "stands beside ours",
      ["GET", `/api/deploys/${ScriptedEngine.ids.completed}`],
      200,
      { id: ScriptedEngine.ids.completed }
    ]
  ]

  it.effect.each(cases)("%s", ([, request, status, says]) =>
    Effect.gen(function* () {
      const answer = yield* (yield* served)(...request)
      assert.strictEqual(answer.status, status, answer.text)
      assert.include(answer.body, says)
      assert.strictEqual(answer.headers.get("x-content-type-options"), "nosniff")
    })
  )

  it.effect("and its routes are known to what answers other methods", () =>
    Effect.gen(function* () {
      const send = yield* served
      assert.strictEqual((yield* send("GET", "/about")).text, "about")
      assert.strictEqual((yield* send("PUT", "/about")).headers.get("allow"), "GET, HEAD")
      assert.strictEqual((yield* send("PUT", "/api/apps/1")).headers.get("allow"), "DELETE")
    })
  )
})

describe("the problems", () => {
  it("each have a type of their own", () => {
    const types = Object.values(Problems).flatMap((problem) =>
      "fields" in problem ? [problem.fields.type.schema.literal] : []
    )
    assert.lengthOf(types, 16)
    assert.strictEqual(new Set(types).size, types.length)
  })
})
