import { Schema } from "effect"

const Text = Schema.String
const Absent = Schema.optionalKey

/** One stage of a deployment. */
export const Stage = Schema.Struct({ name: Text, status: Text })

/** What a deployment was made of, as far as it is told. */
const Trigger = Schema.Struct({
  metadata: Absent(Schema.NullOr(Schema.Struct({ commit_message: Absent(Schema.NullOr(Text)) })))
})

/** A deployment of a project, as far as it is read. */
export const Deployment = Schema.Struct({
  id: Text,
  url: Text,
  environment: Absent(Schema.NullOr(Text)),
  created_on: Text,
  is_skipped: Absent(Schema.NullOr(Schema.Boolean)),
  latest_stage: Absent(Schema.NullOr(Stage)),
  stages: Absent(Schema.NullOr(Schema.Array(Stage))),
  deployment_trigger: Absent(Schema.NullOr(Trigger))
})
/** A deployment of a project, as far as it is read. */
export interface Deployment extends Schema.Schema.Type<typeof Deployment> {}

/** A Pages project, as far as it is read. */
export const Project = Schema.Struct({
  name: Text,
  /** Host name of production. */
  subdomain: Text,
  production_branch: Text,
  /** What production serves; null before the first deployment. */
  canonical_deployment: Absent(Schema.NullOr(Deployment))
})
/** A Pages project, as far as it is read. */
export interface Project extends Schema.Schema.Type<typeof Project> {}

/** The answer that holds an upload token. */
export const UploadToken = Schema.Struct({ jwt: Text })

/** What is read of an upload token's claims. `exp` in seconds. */
export const UploadClaims = Schema.fromJsonString(
  Schema.Struct({
    exp: Absent(Schema.Finite),
    max_file_count_allowed: Absent(Schema.Finite)
  })
)

/** The last words of a deployment that failed. */
export const DeploymentLogs = Schema.Struct({ data: Schema.Array(Schema.Struct({ line: Text })) })

const Fault = Schema.Struct({ code: Schema.Int, message: Text })

/** What every answer is wrapped in. */
export const Envelope = Schema.Struct({
  success: Schema.Boolean,
  result: Absent(Schema.Unknown),
  errors: Absent(Schema.NullOr(Schema.Array(Fault)))
})
/** What every answer is wrapped in. */
export interface Envelope extends Schema.Schema.Type<typeof Envelope> {}

/** How far a deployment is: at work, served, or given up. */
export const stateOf = (deployment: Deployment): "working" | "served" | "failed" => {
  const stages = [...(deployment.stages ?? []), ...(deployment.latest_stage ? [deployment.latest_stage] : [])]
  if (stages.some(({ status }) => status === "failure" || status === "canceled")) return "failed"
  const last = deployment.latest_stage
  if (last?.name === "deploy" && last.status === "success") return "served"
  return deployment.is_skipped === true ? "failed" : "working"
}

/** The message that a deployment was made with. */
export const messageOf = (deployment: Deployment): string =>
  deployment.deployment_trigger?.metadata?.commit_message ?? ""
