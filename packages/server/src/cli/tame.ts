/** Text of others as a part of one line: it can't move the cursor, nor break the line. */
export const tame = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim()
