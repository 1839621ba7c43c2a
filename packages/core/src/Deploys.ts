import { Context, Deferred, Effect, type Layer, ManagedRuntime, Schedule, Stream } from "effect"
import {
  type CreateDeploy,
  decodeCreateDeploy,
  decodeDeployForEvent,
  type DeployForEvent,
  type OnceOptions
} from "./CreateDeploy.ts"
import type { CreatedDeploy } from "./DeployCreation.ts"
import type { DeployDetails } from "./DeployDetails.ts"
import { DeployEngine } from "./DeployEngine.ts"
import type { Cancellation, Deploy } from "./domain/Deploy.ts"
import { NotFound } from "./domain/DeployError.ts"
import type { FeedEvent } from "./domain/DeployEvent.ts"
import { DeployId, EntityId } from "./domain/Id.ts"
import type { Lane } from "./domain/Lane.ts"
import { type Principal, trustedPrincipal } from "./domain/Principal.ts"
import type { ListOptions } from "./list/ListOptions.ts"
import { decodeListOptions } from "./list/ListRequest.ts"
import type { Page } from "./list/Page.ts"
import type { WatchOptions } from "./run/WatchFeed.ts"

/** Who calls, and what ends the call early. */
export interface CallOptions {
  /** Whose rights count. Default: those that `makeDeploys` was given. */
  readonly as?: Principal
  /** Ends waiting for the answer. What was asked for may have happened all the same. */
  readonly signal?: AbortSignal
}

/**
 * The engine for hosts that don't use Effect: the use cases of `DeployEngine` as promises. A promise rejects with the
 * engine's own error, which its `_tag` tells apart: `NotFound`, `Forbidden`, `InvalidInput`, ….
 */
export interface Deploys {
  /** Creates a deploy. Its work begins at once; the promise does not wait for it. */
  readonly create: (request: typeof CreateDeploy.Encoded, options?: CallOptions & OnceOptions) => Promise<CreatedDeploy>
  /** Creates an automatic deploy because of a source event: one for each entity and event, however often it is called. */
  readonly deployForEvent: (request: typeof DeployForEvent.Encoded, options?: CallOptions) => Promise<CreatedDeploy>
  /** Goes back to a completed deploy by a new one of its build, and puts a hold on the entity. */
  readonly rollback: (
    id: string,
    options?: CallOptions & OnceOptions & { readonly reason?: string }
  ) => Promise<CreatedDeploy>
  /** What the engine knows of an entity: which deploy is live, its hold, its queue policy. */
  readonly lane: (entityId: string, options?: CallOptions) => Promise<Lane>
  /** Releases the hold of an entity, so that its automatic deploys have their turn. */
  readonly releaseHold: (entityId: string, options?: CallOptions) => Promise<void>
  /** A deploy with its steps. */
  readonly get: (id: string, options?: CallOptions) => Promise<DeployDetails>
  /** A page of deploys, by default the newest 100. */
  readonly list: (list?: typeof ListOptions.Encoded, options?: CallOptions) => Promise<Page>
  /**
   * All deploys of a list, its pages read one by one as they are wanted: behind `after`, by default from the start; or from
   * `before` backwards, the nearest first. `limit` is how many are read at a time. A signal that is aborted on the way
   * rejects with its reason.
   */
  readonly listAll: (list?: Omit<typeof ListOptions.Encoded, "total">, options?: CallOptions) => AsyncIterable<Deploy>
  /** Ends a deploy for good: once resolved, it will never be completed. */
  readonly cancel: (id: string, options?: CallOptions & { readonly reason?: string }) => Promise<Cancellation>
  /** The events of a deploy from behind number `after`, live once caught up, to the last that there will be. */
  readonly events: (id: string, options?: CallOptions & { readonly after?: number }) => AsyncIterable<FeedEvent>
  /**
   * The events of all deploys that the caller may read, from the moment when the iteration begins: what is called here
   * afterwards is in it. It never ends by itself; a signal that is aborted, or `dispose`, ends it.
   */
  readonly watch: (options?: CallOptions & WatchOptions) => AsyncIterable<FeedEvent>
  /**
   * Calls the listener with each event of all deploys that the caller may read, one after the other: a promise that it
   * returns is waited for. What it throws is logged, and the next event comes all the same. Call the answer to end it.
   */
  readonly onEvent: (listener: (event: FeedEvent) => unknown, options?: CallOptions & WatchOptions) => () => void
  /** Resolves with the deploy once it is over: final, with nothing left to undo. */
  readonly finished: (id: string, options?: CallOptions) => Promise<DeployDetails>
  /** Stops what runs here, gives claims back, and closes what the layer opened. */
  readonly dispose: () => Promise<void>
}

/** An id that is malformed names nothing. */
const deployId = (id: string) =>
  Effect.mapError(DeployId.makeEffect(id), () => new NotFound({ resource: "deploy", id }))

const aborted = (signal: AbortSignal | undefined) =>
  Effect.callback<void>((resume) => {
    const halt = () => resume(Effect.void)
    if (signal?.aborted) return halt()
    signal?.addEventListener("abort", halt, { once: true })
    return Effect.sync(() => signal?.removeEventListener("abort", halt))
  })

/** Lets calls wait until the feeds that were asked for before them have begun. */
const makeTurnstile = () => {
  const beginning = new Set<Deferred.Deferred<void>>()
  return {
    passed: Effect.suspend(() => Effect.forEach([...beginning], (each) => Deferred.await(each), { discard: true })),
    /** From when the effect is run, calls wait until it has ended in one way or another. */
    hold: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.suspend(() => {
        const begun = Deferred.makeUnsafe<void>()
        beginning.add(begun)
        const letGo = Effect.andThen(
          Effect.sync(() => beginning.delete(begun)),
          Deferred.succeed(begun, undefined)
        )
        return Effect.ensuring(effect, letGo)
      })
  }
}

/** A listener that can't break the feed that it listens to. */
const contained = (listener: (event: FeedEvent) => unknown) => (event: FeedEvent) =>
  Effect.catchCause(
    Effect.promise(async () => listener(event)),
    (cause) => Effect.logError("A listener of events failed", cause)
  )

/** Fails with the signal's reason: what ended early must not look like the end of a list. */
const abortion = (signal: AbortSignal | undefined): Effect.Effect<never, unknown> =>
  Effect.andThen(
    aborted(signal),
    Effect.suspend(() => Effect.fail(signal?.reason))
  )

const entityId = (id: string) => Effect.mapError(EntityId.makeEffect(id), () => new NotFound({ resource: "app", id }))

/** The engine of this layer as promises. Calls are made as `as`, by default with every right as `host`. */
export const makeDeploys = <E>(
  layer: Layer.Layer<DeployEngine, E>,
  defaults: { readonly as: Principal } = { as: trustedPrincipal("host") }
): Deploys => {
  const runtime = ManagedRuntime.make(layer)
  const feeds = makeTurnstile()
  const call = <A, F>(
    options: CallOptions | undefined,
    use: (engine: DeployEngine["Service"], as: Principal) => Effect.Effect<A, F>
  ) =>
    runtime.runPromise(
      Effect.andThen(
        feeds.passed,
        DeployEngine.use((engine) => use(engine, options?.as ?? defaults.as))
      ),
      options?.signal === undefined ? {} : { signal: options.signal }
    )
  const stream = <A, F>(
    options: CallOptions | undefined,
    use: (engine: DeployEngine["Service"], as: Principal) => Effect.Effect<Stream.Stream<A, F>, F>
  ) =>
    Stream.unwrap(
      Effect.flatMap(runtime.contextEffect, (context) =>
        use(Context.get(context, DeployEngine), options?.as ?? defaults.as)
      )
    )
  const watch = (options: (CallOptions & WatchOptions) | undefined) =>
    Effect.flatMap(runtime.contextEffect, (context) =>
      Context.get(context, DeployEngine).watch(options?.as ?? defaults.as, options)
    ).pipe(feeds.hold, Stream.unwrap, Stream.haltWhen(aborted(options?.signal)))
  const get: Deploys["get"] = (id, options) =>
    call(options, (engine, as) => Effect.flatMap(deployId(id), (known) => engine.get(as, known)))
  return {
    create: (request, options) =>
      call(options, (engine, as) =>
        Effect.flatMap(decodeCreateDeploy(request), (checked) => engine.create(as, checked, options))
      ),
    deployForEvent: (request, options) =>
      call(options, (engine, as) =>
        Effect.flatMap(decodeDeployForEvent(request), (checked) => engine.deployForEvent(as, checked))
      ),
    rollback: (id, options) =>
      call(options, (engine, as) => Effect.flatMap(deployId(id), (known) => engine.rollback(as, known, options))),
    lane: (id, options) =>
      call(options, (engine, as) => Effect.flatMap(entityId(id), (known) => engine.lane(as, known))),
    releaseHold: (id, options) =>
      call(options, (engine, as) => Effect.flatMap(entityId(id), (known) => engine.releaseHold(as, known))),
    get,
    list: (list = {}, options) =>
      call(options, (engine, as) =>
        Effect.flatMap(Effect.fromResult(decodeListOptions(list)), (checked) => engine.list(as, checked))
      ),
    listAll: (list = {}, options) => {
      const deploys = stream(options, (engine, as) =>
        Effect.map(Effect.fromResult(decodeListOptions(list)), (checked) => engine.listAll(as, checked))
      )
      return Stream.toAsyncIterable(Stream.interruptWhen(deploys, abortion(options?.signal)))
    },
    cancel: (id, options) =>
      call(options, (engine, as) => Effect.flatMap(deployId(id), (known) => engine.cancel(as, known, options))),
    events: (id, options) => {
      const after = options?.after === undefined ? {} : { after: options.after }
      const feed = stream(options, (engine, as) => Effect.map(deployId(id), (known) => engine.events(as, known, after)))
      return Stream.toAsyncIterable(Stream.haltWhen(feed, aborted(options?.signal)))
    },
    watch: (options) => Stream.toAsyncIterable(watch(options)),
    onEvent: (listener, options) => {
      const fiber = runtime.runFork(
        Stream.runForEach(watch(options), contained(listener)).pipe(
          Effect.tapCause((cause) =>
            Effect.logError("A feed of events could not begin and will be tried again", cause)
          ),
          Effect.retry(Schedule.spaced("1 second"))
        )
      )
      return () => fiber.interruptUnsafe()
    },
    finished: (id, options) =>
      call(options, (engine, as) =>
        Effect.gen(function* () {
          const known = yield* deployId(id)
          yield* Stream.runDrain(engine.events(as, known))
          return yield* engine.get(as, known)
        })
      ),
    dispose: () => runtime.dispose()
  }
}
