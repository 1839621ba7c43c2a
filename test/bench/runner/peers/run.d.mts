export declare const url: string | undefined
export declare const inFlight: number
export declare const measured: (
  work: (count: number, url: string | undefined) => Promise<void>,
  prepare?: (count: number) => Promise<void>
) => Promise<void>
export declare const each: (count: number, one: (n: number) => Promise<unknown>) => Promise<void>
