/** A table of the store, or its function. */
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
  | "at_work"

/** A name as an SQL identifier, whatever characters it holds. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
