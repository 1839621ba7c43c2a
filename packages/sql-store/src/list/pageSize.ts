const sizes = [2, 11, 26, 51]

/**
 * How many rows are read for a page of this limit: at least one more. It stands in the statement's text, since a plan that
 * is made once for all limits takes any of them for a tenth of the table; so there are few.
 */
export const pageSize = (limit: number): number => sizes.find((size) => size > limit) ?? 101
