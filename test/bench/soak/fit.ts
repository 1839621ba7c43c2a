/** What was held when, in seconds and MiB. */
export interface Sample {
  readonly seconds: number
  readonly mebibytes: number
}

/** By how much it grows in a minute: the slope of the straight line that is nearest to the samples. */
export const growthAMinute = (samples: ReadonlyArray<Sample>) => {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [x, y] = [mean(({ seconds }) => seconds), mean(({ mebibytes }) => mebibytes)]
  const spread = mean(({ seconds }) => (seconds - x) ** 2)
  return spread === 0 ? 0 : (60 * mean(({ mebibytes, seconds }) => (seconds - x) * (mebibytes - y))) / spread
}
