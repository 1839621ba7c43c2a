import { Api } from "@deploys/http/api"
import { AppsApi } from "./AppsApi.ts"
import { BuildsApi } from "./BuildsApi.ts"
import { TokensApi } from "./TokensApi.ts"
import { WorkspacesApi } from "./WorkspacesApi.ts"

/** The API of the ready server: the deploys, and what a person needs to feed them. */
export class ServerApi extends Api.add(WorkspacesApi).add(AppsApi).add(BuildsApi).add(TokensApi) {}
