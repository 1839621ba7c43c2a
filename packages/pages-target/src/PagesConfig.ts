import type { Entity } from "@deploys/core"
import type { Redacted } from "effect"
import { Config, Context, type Duration, Effect, Layer, Option } from "effect"

/** How the target talks to Cloudflare Pages. */
export interface PagesSettings {
  readonly accountId: string
  /** Needs the permission "Cloudflare Pages: Edit". */
  readonly apiToken: Redacted.Redacted
  /** Default: `https://api.cloudflare.com/client/v4`. */
  readonly baseUrl: string
  /**
   * The Pages project of an entity: lower-case letters, digits and inner hyphens, at most 58 characters. No two entities
   * may have the same. Default: the prefix and the entity's name.
   */
  readonly projectName: (entity: Entity) => string
  /** Whether a project is made where there is none. Default: true. */
  readonly createProjects: boolean
  /** The production branch of projects that are made. Default: `main`. */
  readonly productionBranch: string
  /** Upload requests at a time. Default: 3. */
  readonly uploadConcurrency: number
  /** How often a call that may be repeated is tried again, and the first wait, which doubles. Default: 4, from 500 ms. */
  readonly retries: number
  readonly retryEvery: Duration.Input
  /** Time limit of a call. Uploads and the call that creates a deployment get four times as long. Default: 30 seconds. */
  readonly callTimeout: Duration.Input
  /**
   * How long to look for a deployment that an earlier, unanswered call may have made, before the call is sent again.
   * Default: 30 seconds.
   */
  readonly reconcileFor: Duration.Input
  /** First wait between two looks at a deployment, which grows to ten times that. Default: 1 second. */
  readonly pollEvery: Duration.Input
  /** How long a deployment may take to go live, and its address to serve it. Default: 5 minutes. */
  readonly liveWithin: Duration.Input
  /** Files that are fetched and compared at most, spread evenly over the site. Default: 50. */
  readonly verifyFiles: number
}

/** Settings that have no default, and those to set otherwise. */
export type PagesOptions = Pick<PagesSettings, "accountId" | "apiToken"> &
  Partial<Omit<PagesSettings, "accountId" | "apiToken">> & {
    /** Stands before the entity's name in the project's. Default: none. */
    readonly prefix?: string
  }

/** The address of Cloudflare's API. */
export const cloudflareApi = "https://api.cloudflare.com/client/v4"

const withDefaults = ({ prefix = "", ...options }: PagesOptions): PagesSettings => ({
  baseUrl: cloudflareApi,
  projectName: (entity) => `${prefix}${entity.name}`,
  createProjects: true,
  productionBranch: "main",
  uploadConcurrency: 3,
  retries: 4,
  retryEvery: "500 millis",
  callTimeout: "30 seconds",
  reconcileFor: "30 seconds",
  pollEvery: "1 second",
  liveWithin: "5 minutes",
  verifyFiles: 50,
  ...options
})

const fromEnvironment = Config.all({
  accountId: Config.NonEmptyString("CLOUDFLARE_ACCOUNT_ID"),
  apiToken: Config.Redacted("CLOUDFLARE_API_TOKEN"),
  baseUrl: Config.option(Config.URL("CLOUDFLARE_API_BASE_URL")),
  prefix: Config.String("CLOUDFLARE_PAGES_PREFIX").pipe(Config.withDefault(""))
})

/** The settings of the target. */
export class PagesConfig extends Context.Service<PagesConfig, PagesSettings>()("@deploys/pages-target/PagesConfig") {
  /** Settings from options. */
  static readonly layer = (options: PagesOptions): Layer.Layer<PagesConfig> =>
    Layer.succeed(PagesConfig, withDefaults(options))

  /**
   * Settings from `CLOUDFLARE_ACCOUNT_ID`, `CLOUDFLARE_API_TOKEN`, `CLOUDFLARE_API_BASE_URL` and `CLOUDFLARE_PAGES_PREFIX`;
   * options go before them.
   */
  static readonly layerConfig = (options: Partial<PagesOptions> = {}): Layer.Layer<PagesConfig, Config.ConfigError> =>
    Layer.effect(
      PagesConfig,
      Effect.gen(function* () {
        const { baseUrl, ...read } = yield* fromEnvironment
        const base = Option.map(baseUrl, (url) => ({ baseUrl: url.href.replace(/\/+$/, "") }))
        return withDefaults({ ...read, ...Option.getOrElse(base, () => ({})), ...options })
      })
    )
}
