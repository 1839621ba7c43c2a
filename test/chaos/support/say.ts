/** Says on the run's output what a test has measured. */
export const say = (line: string): void => void process.stdout.write(`chaos: ${line}\n`)
