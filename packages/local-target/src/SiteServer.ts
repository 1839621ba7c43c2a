import { Context, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { NetAddress } from "effect/net"
import { makeSiteApp } from "./internal/siteApp.ts"

/**
 * Serves what is published, previews and production, by the request's host name.
 *
 * `/` and `/dir/` are `index.html`, `/page` is also `page.html`, `/dir` leads to `/dir/`, and what is missing is the site's
 * `404.html` with status 404. Clients may keep what they got but ask before they use it: production changes with a deploy.
 */
export class SiteServer extends Context.Service<
  SiteServer,
  {
    /** The port that it listens on. */
    readonly port: number
    /** Where a client on this machine reaches it, such as `http://127.0.0.1:4000`; what it gets depends on its `Host`. */
    readonly origin: string
  }
>()("@deploys/local-target/SiteServer") {
  /** Serves on the given `HttpServer`, which listens on a port and serves nothing else. One on a Unix socket is a defect. */
  static readonly layer = Layer.effect(
    SiteServer,
    Effect.gen(function* () {
      const server = yield* HttpServer.HttpServer
      const address = server.address
      if (NetAddress.isUnixPathAddress(address)) {
        return yield* Effect.die(new Error("Sites are told apart by host name and need a port, not a Unix socket"))
      }
      yield* server.serve(yield* makeSiteApp)
      const url = yield* Effect.orDie(Effect.fromResult(NetAddress.toUrl(address)))
      if (NetAddress.isUnspecified(address.address)) url.hostname = NetAddress.formatIp(NetAddress.ipv4Loopback)
      return SiteServer.of({ port: address.port, origin: url.origin })
    })
  )
}
