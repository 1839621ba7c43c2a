import { Right, Timestamp, TimestampFromString, TokenId, WorkspaceId } from "@deploys/core"
import { Authorization, JsonBody, Problems, StrictInput } from "@deploys/http/api"
import { ApiToken } from "@deploys/sql-store"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { describe } from "./describe.ts"

/** Name of a token, for people: 1–100 characters, none of them a control character. */
export const TokenName = ApiToken.fields.name.check(
  Schema.isPattern(/^[^\p{Cc}]*$/u, { expected: "no control characters" })
)

const mostWorkspaces = 100

const workspaceIds = Schema.Union([
  Schema.Literal("all"),
  Schema.Array(WorkspaceId).check(Schema.isMinLength(1), Schema.isMaxLength(mostWorkspaces), Schema.isUnique())
])

const rights = Schema.Array(Right).check(Schema.isMinLength(1), Schema.isUnique())

const shared = {
  name: "CI of the shop",
  workspaceIds: [WorkspaceId.make("default")],
  rights: ["read", "deploy"]
} satisfies Partial<typeof NewToken.Type>

/** A token to issue. The same rights hold in all of its workspaces; without `expiresAt` it never expires. */
export const NewToken = Schema.Struct({
  name: TokenName,
  workspaceIds: workspaceIds.annotate({
    description: `Ids of 1–${mostWorkspaces} workspaces; or "all": those that will ever be, too.`
  }),
  rights: rights.annotate({
    description: "Without `read` in a workspace nothing of it is found, whatever the other rights are."
  }),
  expiresAt: Schema.optionalKey(Schema.NullOr(TimestampFromString)).annotate({
    description: "From when on the token is refused; in the future. Absent or null: it never expires."
  })
}).annotate({
  identifier: "NewToken",
  examples: [shared]
})
/** A token to issue. */
export interface NewToken extends Schema.Schema.Type<typeof NewToken> {}

/** What is known of an issued token; the token itself is not. */
export const TokenDetails = Schema.Struct({
  id: TokenId,
  name: ApiToken.fields.name,
  prefix: ApiToken.fields.prefix.annotate({ description: "The token's first characters, to recognise it by." }),
  workspaceIds: Schema.Union([Schema.Literal("all"), Schema.Array(WorkspaceId)]),
  rights: Schema.Array(Right),
  subject: ApiToken.fields.subject.annotate({
    description: "Who acts where the token is used: `createdBy` of its deploys, and the actor of their events."
  }),
  createdBy: ApiToken.fields.createdBy,
  createdAt: ApiToken.fields.createdAt,
  expiresAt: ApiToken.fields.expiresAt,
  lastUsedAt: ApiToken.fields.lastUsedAt.annotate({ description: "To the minute." }),
  revokedAt: ApiToken.fields.revokedAt
}).annotate({
  identifier: "TokenDetails",
  examples: [
    {
      ...shared,
      id: TokenId.make("tok_01kaxmh6b2f0v8wq3n5r7t9y1z"),
      prefix: "dpl_Zk3x",
      subject: "CI of the shop/tok_01kaxmh6b2f0v8wq3n5r7t9y1z",
      createdBy: "root",
      createdAt: Timestamp.make("2026-11-24T17:44:12.123456Z"),
      expiresAt: null,
      lastUsedAt: Timestamp.make("2026-11-24T18:00:00.250000Z"),
      revokedAt: null
    }
  ]
})
/** What is known of an issued token. */
export interface TokenDetails extends Schema.Schema.Type<typeof TokenDetails> {}

const exampleToken = `dpl_Zk3x${"0".repeat(39)}`

/** A token that was just issued, with the token itself. It is never shown again. */
export const TokenIssued = Schema.Struct({
  ...TokenDetails.fields,
  token: Schema.RedactedFromValue(Schema.String.annotate({ examples: [exampleToken] }))
}).annotate({ identifier: "TokenIssued" })
/** A token that was just issued, with the token itself. */
export interface TokenIssued extends Schema.Schema.Type<typeof TokenIssued> {}

/** The tokens that the caller may rule over: those that reach no further than theirs, where they have the right `admin`. */
export class TokensApi extends HttpApiGroup.make("tokens")
  .add(
    HttpApiEndpoint.get("list", "/", {
      success: Schema.Struct({ data: Schema.Array(TokenDetails) }),
      error: [Problems.Forbidden, Problems.UnavailableResponse]
    }).annotateMerge(
      describe(
        "List tokens",
        "Those that reach no further than the caller's own, the newest first, also expired and revoked ones."
      )
    ),
    HttpApiEndpoint.post("create", "/", {
      payload: NewToken,
      success: TokenIssued.pipe(HttpApiSchema.status(201)),
      error: [Problems.Forbidden, Problems.NotFound, Problems.InvalidRequest, Problems.UnavailableResponse]
    })
      .middleware(JsonBody)
      .annotateMerge(
        describe(
          "Issue a token",
          "The answer holds the token, which is shown this once and kept as a hash alone. It takes the right `admin` in each workspace, and every right that is granted."
        )
      ),
    HttpApiEndpoint.delete("revoke", "/:id", {
      params: { id: TokenId },
      success: HttpApiSchema.NoContent,
      error: [Problems.Forbidden, Problems.NotFound, Problems.UnavailableResponse]
    }).annotateMerge(
      describe(
        "Revoke a token",
        "Ends a token for good: at once on the server that answers, within a second on others of the same database. Revoking it again does nothing."
      )
    )
  )
  .middleware(StrictInput)
  .middleware(Authorization)
  .prefix("/api/tokens")
  .annotate(OpenApi.Title, "Tokens")
  .annotate(OpenApi.Description, "The tokens that the caller may rule over.") {}
