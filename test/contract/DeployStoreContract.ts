import type { DeployStore } from "@deploys/core"
import { layer } from "@effect/vitest"
import type { Layer } from "effect"
import { cancelCases } from "./deploy-store/cancel.ts"
import { changesCases } from "./deploy-store/changes.ts"
import { claimCases } from "./deploy-store/claim.ts"
import { defencesCases } from "./deploy-store/defences.ts"
import { eventsCases } from "./deploy-store/events.ts"
import { firstStepCases } from "./deploy-store/firstStep.ts"
import type { Cases } from "./deploy-store/fixture.ts"
import { insertCases } from "./deploy-store/insert.ts"
import { entityCases } from "./deploy-store/lane.ts"
import { leaseCases } from "./deploy-store/lease.ts"
import { listCases } from "./deploy-store/list.ts"
import { moveCases } from "./deploy-store/move.ts"
import { onceCases } from "./deploy-store/once.ts"
import { outcomeCases } from "./deploy-store/outcome.ts"
import { placesCases } from "./deploy-store/places.ts"
import { policyCases } from "./deploy-store/policy.ts"
import { positionsCases } from "./deploy-store/positions.ts"
import { wholeCases } from "./deploy-store/whole.ts"
import type { Passage } from "./passage.ts"

const cases: ReadonlyArray<Cases> = [
  wholeCases,
  insertCases,
  onceCases,
  policyCases,
  entityCases,
  listCases,
  claimCases,
  firstStepCases,
  placesCases,
  moveCases,
  outcomeCases,
  leaseCases,
  cancelCases,
  eventsCases,
  positionsCases,
  changesCases,
  defencesCases
]

/**
 * What every `DeployStore` has to do, in the order of the port's docstring.
 *
 * The cases use entities of their own, so the store may hold other deploys. `pass` lets time pass by the store's clock.
 */
export const suite = <E>(name: string, store: Layer.Layer<DeployStore, E>, pass: Passage) =>
  layer(store)(`DeployStore: ${name}`, (it) => {
    for (const group of cases) group(it, pass)
  })
