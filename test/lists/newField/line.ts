const behind = (source: string, line: string, added: string) => source.replace(line, `${line}${added}`)

/** The description of the fields with one line more. */
export const withField = (description: string): string =>
  behind(description, "      createdBy: text,\n", "      region: nullable(text),\n")

/** The rows that the field is of, which have to hold it. */
export const withColumn = (deploy: string): string =>
  behind(deploy, "  createdBy: Subject,\n", "  region: Schema.NullOr(Schema.String),\n")
