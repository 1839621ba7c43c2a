import { Effect } from "effect"
import { HttpClient, HttpClientRequest, type HttpClientResponse } from "effect/http"

const maxRedirects = 5

/**
 * The request for an address. Names below `localhost` are this machine by RFC 6761, but not every resolver knows: the
 * connection then goes to its address, and the name into the header.
 */
const requestFor = (url: URL) => {
  if (!url.hostname.endsWith(".localhost")) return HttpClientRequest.get(url)
  const loopback = new URL(url)
  loopback.hostname = "127.0.0.1"
  return HttpClientRequest.setHeader(HttpClientRequest.get(loopback), "host", url.host)
}

/** An answer, and whether it still comes from the site that was asked. */
export interface Fetched {
  readonly response: HttpClientResponse.HttpClientResponse
  readonly elsewhere: boolean
}

/** Fetches an address of a site, and follows it to where the site itself leads. */
export const fetchPage = Effect.fnUntraced(
  function* (start: URL) {
    const client = yield* HttpClient.HttpClient
    let url = start
    for (let redirects = 0; ; redirects++) {
      const response = yield* client.execute(requestFor(url))
      const location = response.headers["location"]
      if (response.status < 300 || response.status >= 400 || location === undefined)
        return { response, elsewhere: false } satisfies Fetched
      const next = new URL(location, url)
      if (next.origin !== start.origin || redirects === maxRedirects)
        return { response, elsewhere: true } satisfies Fetched
      url = next
    }
  },
  Effect.provideService(HttpClient.TracerPropagationEnabled, false)
)
