import type { FileSystem, Layer, Path } from "effect"
import type { Etag, HttpPlatform, HttpRouter } from "effect/http"

/** Routes with all that they stand on: what a `FetchHandler` or a `NodeServer` is made of. */
export type AppLayer<E = never> = Layer.Layer<
  never,
  E,
  HttpRouter.HttpRouter | Etag.Generator | FileSystem.FileSystem | HttpPlatform.HttpPlatform | Path.Path
>
