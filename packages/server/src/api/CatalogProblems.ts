import { HttpApiError } from "effect/http-api"

/** 409: another app of this server has the name, in whatever workspace. */
export class NameTaken extends HttpApiError.Problem<NameTaken>()("NameTaken", {
  type: "urn:problem-type:deploys:name-taken",
  status: 409,
  title: "Name Taken"
}) {}
