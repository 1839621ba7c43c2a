import { DeployId } from "@deploys/core"
import { Option, Schema } from "effect"

/** Name of a site: a host label of lower-case letters, digits and inner hyphens, at most 40 characters. */
export const SiteName = Schema.String.check(
  Schema.isPattern(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, {
    expected: "lower-case letters, digits and inner hyphens, at most 40 characters"
  })
).pipe(Schema.brand("SiteName"))
/** Name of a site. */
export type SiteName = typeof SiteName.Type

/** What a host name stands for: a deploy's preview, or the site's production where `deployId` is null. */
export interface SiteHost {
  readonly name: SiteName
  readonly deployId: DeployId | null
}

const production = /^([a-z0-9-]+)\.localhost$/
const preview = /^dep-([0-9a-z]+)\.([a-z0-9-]+)\.localhost$/

/** Reads a `Host` header, with or without port; none where no site can be meant. */
export const fromHeader = (header: string): Option.Option<SiteHost> => {
  const host = header.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "")
  const [, suffix = "", site = ""] = preview.exec(host) ?? []
  if (site !== "") {
    return Option.all({ name: SiteName.makeOption(site), deployId: DeployId.makeOption(`dep_${suffix}`) })
  }
  return Option.map(SiteName.makeOption(production.exec(host)?.[1] ?? ""), (name) => ({ name, deployId: null }))
}

/** The host name of a preview or of production. Browsers take every name below `localhost` to be this machine. */
export const format = ({ deployId, name }: SiteHost): string =>
  deployId === null ? `${name}.localhost` : `${deployId.replace("_", "-")}.${name}.localhost`

/** The address of a preview or of production on a server at `port`. */
export const url = (site: SiteHost, port: number): string => `http://${format(site)}:${port}/`
