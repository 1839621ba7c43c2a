import { Context, Effect, HashMap, Layer, Option, Ref, Schema, Stream } from "effect"
import { makePlan } from "../plan/Plan.ts"
import { makeStep, StepError } from "../plan/Step.ts"
import { type ArtifactError, ArtifactStore } from "../ports/ArtifactStore.ts"
import { DeployTarget, type TargetRequest } from "../ports/DeployTarget.ts"

/** The files of a site as text, by path. */
export type Site = Readonly<Record<string, string>>

/** What a target in memory serves. */
export class Sites extends Context.Service<
  Sites,
  {
    /** What a `previewUrl` or `productionUrl` serves, or none. */
    readonly at: (url: string) => Effect.Effect<Option.Option<Site>>
  }
>()("@deploys/core/MemoryTarget/Sites") {}

interface State {
  readonly previews: HashMap.HashMap<string, Site>
  /** The preview that each production address serves. */
  readonly production: HashMap.HashMap<string, string>
  /** What production served before it served a preview. */
  readonly replaced: HashMap.HashMap<string, Option.Option<string>>
}

const empty: State = { previews: HashMap.empty(), production: HashMap.empty(), replaced: HashMap.empty() }

const siteAt = ({ previews, production }: State, url: string) =>
  HashMap.get(
    previews,
    Option.getOrElse(HashMap.get(production, url), () => url)
  )

const switched = (state: State, url: string, preview: string): State => {
  const current = HashMap.get(state.production, url)
  return Option.contains(current, preview)
    ? state
    : {
        ...state,
        production: HashMap.set(state.production, url, preview),
        replaced: HashMap.set(state.replaced, preview, current)
      }
}

/** Production as it was before the switch, if it still serves what was switched to; and what it serves then. */
const switchedBack = (state: State, url: string, preview: string): readonly [Option.Option<string>, State] => {
  const earlier = Option.flatten(HashMap.get(state.replaced, preview))
  if (!Option.contains(HashMap.get(state.production, url), preview)) return [Option.none(), state]
  const production = Option.match(earlier, {
    onNone: () => HashMap.remove(state.production, url),
    onSome: (previous) => HashMap.set(state.production, url, previous)
  })
  return [earlier, { ...state, production }]
}

const stepError = (error: ArtifactError) =>
  error._tag === "ArtifactInvalid"
    ? new StepError({ message: error.message, code: "artifact_invalid", retryable: false })
    : new StepError({ message: error.message })

const siteOf = Effect.fnUntraced(function* (store: ArtifactStore["Service"], { artifact }: TargetRequest) {
  const files = yield* store.files(artifact)
  const entries = yield* Effect.forEach(files, ({ content, path }) =>
    Effect.map(content.pipe(Stream.decodeText, Stream.mkString), (text) => [path, text] as const)
  )
  return Object.fromEntries(entries)
}, Effect.mapError(stepError))

const stepsOf = (cell: Ref.Ref<State>, store: ArtifactStore["Service"], request: TargetRequest) => {
  const preview = `memory://preview/${request.deploy.id}`
  const url = `memory://production/${request.entity.id}`
  const stage = makeStep({
    name: "stage",
    output: Schema.Null,
    previewUrl: () => preview,
    run: Effect.fnUntraced(function* () {
      const site = yield* siteOf(store, request)
      yield* Ref.update(cell, (state) => ({ ...state, previews: HashMap.set(state.previews, preview, site) }))
      return null
    }),
    compensation: () =>
      Ref.update(cell, (state) => ({ ...state, previews: HashMap.remove(state.previews, preview) })).pipe(
        Effect.as("discarded" as const)
      )
  })
  const goLive = makeStep({
    name: "switch",
    output: Schema.Null,
    productionUrl: () => url,
    run: () =>
      Effect.as(
        Ref.update(cell, (state) => switched(state, url, preview)),
        null
      ),
    compensation: () =>
      Effect.map(
        Ref.modify(cell, (state) => switchedBack(state, url, preview)),
        (earlier) => (Option.isSome(earlier) ? "reverted" : "discarded")
      )
  })
  const verify = makeStep({
    name: "verify",
    output: Schema.Null,
    run: Effect.fnUntraced(function* () {
      const state = yield* Ref.get(cell)
      const isServed =
        Option.isSome(siteAt(state, preview)) && Option.contains(HashMap.get(state.production, url), preview)
      return isServed ? null : yield* new StepError({ message: "Production serves another deploy" })
    })
  })
  return [stage, goLive, verify]
}

/**
 * A target that publishes into memory, for tests: `stage` reads the artifact and makes the preview, `switch` makes it what
 * production serves, `verify` looks. `Sites` says what is served.
 */
export const layer: Layer.Layer<DeployTarget | Sites, never, ArtifactStore> = Layer.effectContext(
  Effect.gen(function* () {
    const store = yield* ArtifactStore
    const cell = yield* Ref.make(empty)
    const target = DeployTarget.of({
      plan: Effect.fn("MemoryTarget.plan")((request) => makePlan(stepsOf(cell, store, request)))
    })
    const sites = Sites.of({ at: (url) => Effect.map(Ref.get(cell), (state) => siteAt(state, url)) })
    return Context.make(DeployTarget, target).pipe(Context.add(Sites, sites))
  })
)
