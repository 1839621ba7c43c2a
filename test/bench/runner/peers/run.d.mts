export const url: string | undefined
export const inFlight: number
export const count: number
export function measured(work: () => Promise<unknown>): Promise<void>
export function each(one: (n: number) => Promise<unknown>): Promise<void>
