/** What has to be known of a file to pack it. */
export interface Packable {
  /** Bytes. */
  readonly size: number
}

const maxBytes = 40 * 1024 * 1024
const maxFiles = 2000
const initial = 3

/**
 * Packs files into as few requests as Cloudflare's own client makes: at most 40 MiB and 2,000 files each, the largest files
 * first, spread over three requests at the beginning and over more only where those are full.
 */
export const packBuckets = <A extends Packable>(files: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  const buckets = Array.from({ length: initial }, () => ({ files: new Array<A>(), left: maxBytes }))
  for (const [turn, file] of files.toSorted((one, other) => other.size - one.size).entries()) {
    const order = buckets.map((_, index) => buckets[(index + turn) % buckets.length])
    const roomy = order.find(
      (bucket) => bucket !== undefined && bucket.left >= file.size && bucket.files.length < maxFiles
    )
    const bucket = roomy ?? { files: new Array<A>(), left: maxBytes }
    if (roomy === undefined) buckets.push(bucket)
    bucket.files.push(file)
    bucket.left -= file.size
  }
  return buckets.map((bucket) => bucket.files).filter((packed) => packed.length > 0)
}
