import { Effect, Option, Schema } from "effect"

/** Decodes the first of the rows, if there is one. */
export const oneRow = <A, I>(schema: Schema.Codec<A, I>) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return <E, R>(rows: Effect.Effect<ReadonlyArray<unknown>, E, R>) =>
    Effect.flatMap(rows, ([row]) => (row === undefined ? Effect.succeedNone : Effect.asSome(decode(row))))
}

/** Decodes all of the rows. */
export const allRows = <A, I>(schema: Schema.Codec<A, I>) => {
  const decode = Schema.decodeUnknownEffect(Schema.Array(schema))
  return <E, R>(rows: Effect.Effect<ReadonlyArray<unknown>, E, R>) => Effect.flatMap(rows, decode)
}

/** The row that has to be there, since it was just written or found in the way. */
export const presentRow = <A, E, R>(row: Effect.Effect<Option.Option<A>, E, R>, what: string) =>
  Effect.flatMap(row, (found) =>
    Option.isSome(found) ? Effect.succeed(found.value) : Effect.die(new Error(`${what} is neither added nor there`))
  )
