import { readFileSync } from "node:fs"
import { join } from "node:path"

/** A fence of a document that shows a part of a source file: the comment above it names file and region. */
const marked = /<!-- (?<file>\S+)#(?<region>[\w-]+) -->\n```ts\n(?<code>[\s\S]*?)```/g

/** The lines between `// #region NAME` and its `// #endregion`, with the indentation of the first of them taken off. */
export const region = (source: string, name: string): string | null => {
  const found = new RegExp(`^ *// #region ${name}\\n(?<body>[\\s\\S]*?)^ *// #endregion`, "m").exec(source)
  const body = found?.groups?.["body"]
  if (body === undefined) return null
  const indent = /^ */.exec(body)?.[0].length ?? 0
  return body.replaceAll(new RegExp(`^ {${indent}}`, "gm"), "")
}

/** The document with each marked fence as its source has it now. A region that is not there is a `RangeError`. */
export const withSnippets = (root: string, document: string): string =>
  document.replaceAll(marked, (whole, file: string, name: string, code: string) => {
    const current = region(readFileSync(join(root, file), "utf8"), name)
    if (current === null) throw new RangeError(`${file} has no region ${name}`)
    return whole.replace(`\`\`\`ts\n${code}\`\`\``, () => `\`\`\`ts\n${current}\`\`\``)
  })
