import { Clock, Effect, Stream } from "effect"
import { ArchiveInvalid } from "./ArchiveInvalid.ts"
import { SiteLimits } from "./SiteLimits.ts"

const stalled = ({ bytesPerSecond, stallSeconds }: (typeof SiteLimits)["Service"]) => {
  const detail = `The body stood still for ${stallSeconds} seconds, or brought fewer than ${bytesPerSecond} bytes a second`
  return new ArchiveInvalid({ reason: "stalled", entry: null, detail })
}

/** The body of an upload as long as it makes progress: a large one may take its time, but none may just keep a place busy. */
export const keepingPace = (body: Stream.Stream<Uint8Array, ArchiveInvalid>) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const limits = yield* SiteLimits
      const since = yield* Clock.monotonicTimeNanos
      let bytes = 0
      const count = Effect.fnUntraced(function* (chunk: Uint8Array) {
        bytes += chunk.length
        const seconds = Number((yield* Clock.monotonicTimeNanos) - since) / 1e9
        const isSlow = seconds > limits.stallSeconds && bytes < seconds * limits.bytesPerSecond
        return isSlow ? yield* stalled(limits) : chunk
      })
      const orElse = () => Stream.fail(stalled(limits))
      return body.pipe(
        Stream.timeoutOrElse({ duration: `${limits.stallSeconds} seconds`, orElse }),
        Stream.mapEffect(count)
      )
    })
  )
