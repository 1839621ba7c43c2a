// UTF-16 keeps what is above U+FFFF in units from the middle of its range; moved behind all others, the units of
// well-formed text are in order of code point, which is what PostgreSQL's collation "C" compares.
const rank = (unit: number) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

/** Compares by code point: negative, zero or positive. */
export const compareText = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** The text with ASCII capitals as small letters, and no other letter changed. */
export const foldAscii = (text: string): string => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase())
