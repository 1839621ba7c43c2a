import { DeployId } from "@deploys/core"
import { Option } from "effect"

/** The longest commit message that Cloudflare takes, in bytes of UTF-8. */
const maxBytes = 384

const encoder = new TextEncoder()

const cut = (text: string) => {
  const { read } = encoder.encodeInto(text, new Uint8Array(maxBytes))
  return text.slice(0, read)
}

/**
 * The commit message of a deploy's deployment: the deploy's and the entity's id, by which a deployment is known after a
 * crash, and the build's own message. One line, since a form makes two bytes of a line break.
 */
export const markedMessage = (deployId: string, entityId: string, message: string | null): string =>
  // A lone surrogate is no UTF-8, and Cloudflare refuses the message for it.
  cut(
    `${deployId} ${entityId} ${message ?? ""}`
      .toWellFormed()
      .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ")
      .trim()
  )

/** Whose deployment it is by its message; none where nobody's that we know of. */
export const readMarker = (
  message: string
): Option.Option<{ readonly deployId: DeployId; readonly entityId: string }> => {
  const [deploy = "", entityId = ""] = message.split(" ")
  return Option.map(DeployId.makeOption(deploy), (deployId) => ({ deployId, entityId }))
}
