import { Context, Effect, FileSystem, Layer, Option, type Redacted, Schema } from "effect"
import { Base64Url } from "effect/encoding"
import { randomBytes } from "node:crypto"
import { DataFolder } from "./DataFolder.ts"
import { InvalidSetting, SecretToken } from "./Settings.ts"

/** The token with every right in every workspace. */
export class RootToken extends Context.Service<
  RootToken,
  {
    readonly token: Redacted.Redacted
    /** The file that holds it; none where it was given as a setting. */
    readonly file: Option.Option<string>
  }
>()("@deploys/server/RootToken") {
  /** The token that was given, else the one in `DataFolder`, made where there is none. Only the owner can read that file. */
  static readonly layer = (given: Option.Option<Redacted.Redacted>) =>
    Layer.effect(
      RootToken,
      Option.match(given, {
        onSome: (token) => Effect.succeed({ token, file: Option.none() }),
        onNone: () => Effect.flatMap(DataFolder, ({ rootToken }) => keptIn(rootToken))
      })
    )
}

const decode = Schema.decodeEffect(SecretToken)

const make = Effect.sync(() => `root_${Base64Url.encode(randomBytes(32))}`)

/** Of two servers that start at once on one folder, the first one's token stays. */
const keptIn = Effect.fnUntraced(
  function* (file: string) {
    const fs = yield* FileSystem.FileSystem
    yield* fs
      .writeFileString(file, `${yield* make}\n`, { flag: "wx", mode: 0o600 })
      .pipe(Effect.catchReason("PlatformError", "AlreadyExists", () => Effect.void))
    const token = yield* decode((yield* fs.readFileString(file)).trim())
    return { token, file: Option.some(file) }
  },
  (effect, file) =>
    Effect.mapError(effect, ({ _tag, message }) => {
      const detail = _tag === "SchemaError" ? `${file} holds no token; remove it to have one made` : message
      return new InvalidSetting({ setting: "ROOT_TOKEN", detail })
    })
)
