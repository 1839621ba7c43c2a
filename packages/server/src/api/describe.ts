import { OpenApi } from "effect/http-api"

/** What the OpenAPI document says of an endpoint. */
export const describe = (summary: string, description: string) => OpenApi.annotations({ summary, description })
