/**
 * JSON text that PostgreSQL stores. It refuses U+0000 and lone surrogates, which a target's error text may hold: both become
 * U+FFFD, since a deploy must not be stuck because of what an error says.
 *
 * `JSON.stringify` escapes both, and no other character of that form, so only escapes have to be looked at.
 */
export const storedJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(/\\(?:u(0000|d[89a-f][0-9a-f]{2})|.)/g, (escape, refused?: string) =>
    refused === undefined ? escape : "\\ufffd"
  )
