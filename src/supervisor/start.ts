import { SETS } from "../counters/shared.ts";
import { collectAfterLoading } from "../util/tidy.ts";
import { identityError } from "./identity.ts";
import { takeLimits } from "./limits.ts";
import { runningOf } from "./snapshot.ts";
import type { Supervisor } from "./supervisor.ts";

const NO_LISTENERS = "[tlb.main()] Some protocols failed to start their listeners! Exiting.";
const NO_WORKERS = "[tlb.main()] No worker could be started! Exiting.";

/** Binds, starts the workers and the runtime API. Returns why it failed, one reason each; then everything is closed again. */
export async function startSupervisor(supervisor: Supervisor): Promise<string[]> {
  const { resources } = supervisor;
  const errors = await tryStart(supervisor);
  if (errors.length > 0) {
    supervisor.fleet.kill();
    if (resources.pending !== null) resources.abort(resources.pending);
    // What was inherited is still somebody else's.
    resources.listeners.close(supervisor.inheritance === null);
    supervisor.shared.releaseSet(process.pid);
  }
  resources.pending = null;
  return errors;
}

async function tryStart(supervisor: Supervisor): Promise<string[]> {
  const { first: model, shared, options, resources } = supervisor;
  if (supervisor.set < 0)
    return [`connections of the last ${SETS} versions are still served: try again when they have ended`];
  const taken = takeLimits(model);
  if ("error" in taken) return [taken.error];
  const { limits } = taken;
  for (const warning of taken.warnings) supervisor.report("WARNING", warning);
  const failure = identityError(model);
  if (failure !== null) return [failure];
  const plan = resources.plan(model);
  if ("lacks" in plan) return plan.lacks === "listeners" ? [...plan.errors, NO_LISTENERS] : [...plan.errors];
  resources.pending = plan;
  const unpublished = resources.publish(plan);
  if (unpublished.length > 0) return [...unpublished, NO_LISTENERS];
  const previous = supervisor.inheritance?.handover.previous ?? null;
  const change = { shared, previous, next: model, slots: plan.slots };
  options.initState?.(change);
  supervisor.running = runningOf(model, supervisor.generation + 1, plan, limits);
  const errors = await supervisor.fleet.start();
  if (errors.length > 0) return [...errors, NO_WORKERS];
  if (previous !== null) {
    for (const note of options.beforeCommit?.(change) ?? []) supervisor.report("NOTICE", note.trim());
  }
  resources.commit(plan, model);
  supervisor.pauseAgain();
  if (supervisor.stopping) return [];
  supervisor.admin = (await options.startAdmin?.(supervisor)) ?? null;
  collectAfterLoading(model.patternFiles);
  return [];
}
