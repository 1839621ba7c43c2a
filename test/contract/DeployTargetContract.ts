import type { DeployTarget, Entity, TargetRequest } from "@deploys/core"
import type { Vitest } from "@effect/vitest"
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, type Layer } from "effect"
import { attempt, freshEntity, planOf, Progress, requestOf, runPlan, runStep, undo } from "./deploy-target/harness.ts"

/** Artifacts that the target has to be able to deploy, by their locators. */
export const artifacts = {
  one: {
    "index.html": "<h1>one</h1>",
    "assets/app.js": "console.log('one')",
    "only/in/one.txt": "one",
    "empty.txt": ""
  },
  two: {
    "index.html": "<h1>two \u{1f680}</h1>",
    "assets/app.js": "console.log('two')",
    "only in two.txt": "two"
  },
  three: { "index.html": "<h1>three</h1>" }
} as const satisfies Record<string, Record<string, string>>
type Artifact = keyof typeof artifacts

/** The file that an address serves under a path, as text; undefined where there is none. */
export type Fetch<R> = (url: string, path: string) => Effect.Effect<string | undefined, never, R>

const paths = [...new Set(Object.values(artifacts).flatMap((files) => Object.keys(files)))]

const contents = (artifact: Artifact | undefined) => {
  const files: Readonly<Record<string, string>> = artifact === undefined ? {} : artifacts[artifact]
  return Object.fromEntries(paths.map((path) => [path, files[path]]))
}

interface Cases<R> {
  readonly it: Vitest.MethodsNonLive<DeployTarget | R>
  /** What is served of the files of all artifacts. */
  readonly served: (url: string | undefined) => Effect.Effect<Record<string, string | undefined>, never, R>
}

/** A deploy that has gone live, and where. */
const deployed = Effect.fnUntraced(function* (entity: Entity, artifact: Artifact) {
  const request = yield* requestOf(entity, artifact)
  const { previewUrl, productionUrl } = yield* runPlan(request)
  if (previewUrl === undefined || productionUrl === undefined) return assert.fail("a plan gives both addresses")
  return { request, previewUrl, productionUrl }
})

const planCases = <R>({ it, served }: Cases<R>) => {
  it.effect("makes a plan without changing anything", () =>
    Effect.gen(function* () {
      const entity = yield* freshEntity
      const { previewUrl, productionUrl } = yield* deployed(entity, "one")
      const request = yield* requestOf(entity, "two")
      for (let time = 0; time < 3; time++) yield* planOf(request)
      assert.deepStrictEqual(yield* served(productionUrl), contents("one"))
      assert.deepStrictEqual(yield* served(previewUrl), contents("one"))
    })
  )

  it.effect("makes the same steps of a deploy before, while and after it runs", () =>
    Effect.gen(function* () {
      const entity = yield* freshEntity
      yield* deployed(entity, "one")
      const request = yield* requestOf(entity, "two")
      const declared = Effect.map(planOf(request), ({ steps }) =>
        steps.map(({ cancellation, name, undoable }) => ({ cancellation, name, undoable }))
      )
      const first = yield* declared
      assert.isAbove(first.length, 0)
      assert.strictEqual(new Set(first.map(({ name }) => name)).size, first.length)
      const progress = new Progress()
      for (const index of first.keys()) {
        yield* runStep(request, progress, index)
        assert.deepStrictEqual(yield* declared, first)
      }
    })
  )
}

const liveCases = <R>({ it, served }: Cases<R>) => {
  it.effect("serves exactly the artifact's files once all steps have completed", () =>
    Effect.gen(function* () {
      const entity = yield* freshEntity
      for (const artifact of ["one", "two", "one"] as const) {
        const { previewUrl, productionUrl } = yield* deployed(entity, artifact)
        assert.deepStrictEqual(yield* served(productionUrl), contents(artifact))
        assert.deepStrictEqual(yield* served(previewUrl), contents(artifact))
      }
    })
  )

  it.effect("keeps serving previews after later deploys", () =>
    Effect.gen(function* () {
      const entity = yield* freshEntity
      const first = yield* deployed(entity, "one")
      const second = yield* deployed(entity, "two")
      assert.strictEqual(second.productionUrl, first.productionUrl)
      assert.strictEqual(new Set([first.previewUrl, second.previewUrl, first.productionUrl]).size, 3)
      assert.deepStrictEqual(yield* served(first.previewUrl), contents("one"))
      assert.deepStrictEqual(yield* served(second.previewUrl), contents("two"))
    })
  )

  it.effect("keeps entities apart", () =>
    Effect.gen(function* () {
      const one = yield* deployed(yield* freshEntity, "one")
      const other = yield* deployed(yield* freshEntity, "two")
      assert.notStrictEqual(one.productionUrl, other.productionUrl)
      assert.deepStrictEqual(yield* served(one.productionUrl), contents("one"))
    })
  )
}

const repeatCases = <R>({ it, served }: Cases<R>) => {
  /** Runs the plan with every step disturbed before it is run to its end. */
  const disturbed = <E, R2>(
    disturb: (request: TargetRequest, progress: Progress, index: number) => Effect.Effect<unknown, E, R2>
  ) =>
    Effect.gen(function* () {
      const entity = yield* freshEntity
      const before = yield* deployed(entity, "one")
      const request = yield* requestOf(entity, "two")
      const progress = new Progress()
      const { steps } = yield* planOf(request)
      for (const index of steps.keys()) {
        yield* disturb(request, progress, index)
        yield* runStep(request, progress, index)
      }
      assert.deepStrictEqual(yield* served(progress.productionUrl), contents("two"))
      assert.deepStrictEqual(yield* served(progress.previewUrl), contents("two"))
      yield* undo(request, progress, steps.length - 1)
      assert.deepStrictEqual(yield* served(before.productionUrl), contents("one"))
    })

  it.effect("ends as if a step had run once when its result was lost", () =>
    disturbed((request, progress, index) =>
      Effect.andThen(attempt(request, progress, index), attempt(request, progress, index))
    )
  )

  it.effect.each([0, 1, 3, 8, 20])("ends as if a step had run once when it was stopped after %i ms", (millis) =>
    disturbed((request, progress, index) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(attempt(request, progress, index), { startImmediately: true })
        yield* Effect.sleep(millis)
        yield* Fiber.interrupt(fiber)
      })
    )
  )
}

const undoCases = <R>({ it, served }: Cases<R>) => {
  it.effect("serves what it served before, whichever step was the last to complete", () =>
    Effect.gen(function* () {
      const entity = yield* freshEntity
      const before = yield* deployed(entity, "one")
      const { steps } = yield* planOf(before.request)
      for (const through of steps.keys()) {
        const request = yield* requestOf(entity, "two")
        const progress = new Progress()
        for (let index = 0; index <= through; index++) yield* runStep(request, progress, index)
        const outcomes = yield* undo(request, progress, through)
        assert.notInclude(outcomes, "unresolved")
        assert.deepStrictEqual(yield* served(before.productionUrl), contents("one"))
        assert.deepStrictEqual(yield* served(before.previewUrl), contents("one"))
      }
      const after = yield* deployed(entity, "three")
      assert.deepStrictEqual(yield* served(after.productionUrl), contents("three"))
    })
  )

  it.effect("serves what it served before when the deploy failed while a step was at work", () =>
    Effect.gen(function* () {
      const entity = yield* freshEntity
      const before = yield* deployed(entity, "one")
      const { steps } = yield* planOf(before.request)
      for (const lost of steps.keys()) {
        const request = yield* requestOf(entity, "two")
        const progress = new Progress()
        for (let index = 0; index < lost; index++) yield* runStep(request, progress, index)
        yield* attempt(request, progress, lost)
        const outcomes = yield* undo(request, progress, lost, true)
        assert.notInclude(outcomes, "unresolved")
        assert.deepStrictEqual(yield* served(before.productionUrl), contents("one"))
      }
    })
  )

  it.effect("serves nothing where it served nothing before, or says that it may", () =>
    Effect.gen(function* () {
      const request = yield* requestOf(yield* freshEntity, "one")
      const progress = yield* runPlan(request)
      const outcomes = yield* undo(request, progress, (yield* planOf(request)).steps.length - 1)
      if (outcomes.includes("unresolved")) return
      assert.deepStrictEqual(yield* served(progress.productionUrl), contents(undefined))
    })
  )
}

/**
 * What every `DeployTarget` has to do, in the order of the port's docstring. Time is real: a target may be far away.
 *
 * The target reads `artifacts` from an `ArtifactStore`; entities have names that can be host names.
 */
export const suite = <R, E>(name: string, target: Layer.Layer<DeployTarget | R, E>, fetch: Fetch<R>) =>
  layer(target, { excludeTestServices: true })(`DeployTarget: ${name}`, (it) => {
    const served = (url: string | undefined) =>
      Effect.map(
        Effect.forEach(paths, (path) =>
          Effect.map(url === undefined ? Effect.undefined : fetch(url, path), (text) => [path, text] as const)
        ),
        (entries) => Object.fromEntries(entries)
      )
    const cases = { it, served }
    planCases(cases)
    liveCases(cases)
    repeatCases(cases)
    undoCases(cases)
  })
