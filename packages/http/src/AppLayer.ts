import type { FileSystem, Layer, Path } from "effect"
import type { Etag, HttpPlatform, HttpRouter } from "effect/http"

/** Routes, such as those of `HttpApp`: what a `FetchHandler` or a `NodeServer` is made of. `R` is still to be provided. */
export type AppLayer<E = never, R = never> = Layer.Layer<
  never,
  E,
  HttpRouter.HttpRouter | Etag.Generator | FileSystem.FileSystem | HttpPlatform.HttpPlatform | Path.Path | R
>
