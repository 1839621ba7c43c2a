import type { StepDeclaration, StepRecord } from "../domain/DeployStep.ts"

/** The name and place of a step, as moves name it. */
export const stepRef = ({ index, name }: { readonly index: number; readonly name: string }) => ({ index, name })

/** Whether anything of these steps has to be waited for or undone when their deploy fails now. */
export const needsSettling = (steps: ReadonlyArray<Pick<StepRecord, "status" | "starts" | "undoable">>): boolean =>
  steps.some((step) => step.status === "running" || (step.starts > 0 && step.undoable))

/**
 * Why the stored steps don't fit the plan, or null. A plan may change between versions of a host: a step is known by its
 * name, one that has finished may be gone, and every other must be there with all that follow.
 */
export const planMismatch = (
  stored: ReadonlyArray<StepRecord>,
  planned: ReadonlyArray<StepDeclaration>
): string | null => {
  const open = stored.filter((step) => step.status !== "completed").map((step) => step.name)
  const missing = open.find((name) => !planned.some((step) => step.name === name))
  if (missing !== undefined) return `Step ${missing} is no longer in the plan`
  const added = planned.find((step) => !stored.some((record) => record.name === step.name))
  return added === undefined ? null : `Step ${added.name} was not in the plan when the deploy began`
}
