import { Context } from "effect"

/** Where the API is mounted, such as `/deploys`; no trailing slash. Default: at the root, the empty text. */
export const BasePath = Context.Reference<string>("@deploys/http/BasePath", { defaultValue: () => "" })
