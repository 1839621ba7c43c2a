import { Effect } from "effect"
import { HttpClient, type HttpClientResponse } from "effect/http"

const mostWaits = 10
const longestSeconds = 60

const secondsOf = ({ headers }: HttpClientResponse.HttpClientResponse) => {
  const seconds = Number(headers["retry-after"])
  return Number.isNaN(seconds) ? 1 : Math.min(longestSeconds, Math.max(1, seconds))
}

/** Asks again where the server has said that this caller asks for too much, when it says: nothing was done so far. */
export const inTurn = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.transform(
    client,
    Effect.fnUntraced(function* (call) {
      let response = yield* call
      for (let waits = 0; response.status === 429 && waits < mostWaits; waits++) {
        yield* Effect.sleep(`${secondsOf(response)} seconds`)
        response = yield* call
      }
      return response
    })
  )
