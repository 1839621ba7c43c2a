import { Effect, Layer, Predicate } from "effect"
import type { HttpServerError } from "effect/http"
import { InvalidSetting } from "./Settings.ts"

const codeOf = ({ cause }: HttpServerError.ServeError) =>
  Predicate.isObject(cause) && "code" in cause ? String(cause.code) : String(cause)

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use",
  EACCES: "may not be opened by this user",
  EADDRNOTAVAIL: "is not an address of this machine",
  ENOTFOUND: "is not an address of this machine"
}

/** Where a server was to listen, and which settings say so. */
export interface Place {
  readonly host: string
  readonly port: number
  readonly setting: string
}

const failure = ({ host, port, setting }: Place, error: HttpServerError.ServeError) => {
  const code = codeOf(error)
  const ofHost = code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
  const what = ofHost ? host : `${port} on ${host}`
  return new InvalidSetting({ setting: ofHost ? "HOST" : setting, detail: `${what} ${reasons[code] ?? code}` })
}

/** In place of a layer that can't listen: says which setting is at fault. */
export const listenFailure =
  (place: Place) =>
  (error: HttpServerError.ServeError): Layer.Layer<unknown, InvalidSetting> =>
    Layer.effectContext<unknown, InvalidSetting, never>(Effect.fail(failure(place, error)))
