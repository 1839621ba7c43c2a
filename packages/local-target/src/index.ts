export * as LocalTarget from "./LocalTarget.ts"
export * from "./Publication.ts"
export * as SiteHost from "./SiteHost.ts"
export * from "./SiteServer.ts"
