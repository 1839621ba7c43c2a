/** A table of the store. */
export type TableName =
  | "workspaces"
  | "entities"
  | "versions"
  | "builds"
  | "source_events"
  | "deploys"
  | "deploy_steps"
  | "deploy_events"
  | "lanes"
  | "idempotency_keys"
  | "api_tokens"
  | "migrations"

/** A name as an SQL identifier, whatever characters it holds. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
