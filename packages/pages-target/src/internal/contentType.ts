import mime from "mime"

/** The type that Cloudflare serves a file with: by its name alone, and never with a charset. */
export const contentTypeOf = (path: string): string => mime.getType(path) ?? "application/octet-stream"
