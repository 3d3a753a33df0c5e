/** A configuration takes the place of another: planned, prepared on every worker, and then committed on all or on none. */
import { hasListener, NOTHING_TO_SERVE } from "../config/listeners.ts";
import type { Model } from "../config/model.ts";
import { raiseDescriptorLimit } from "../ffi/process.ts";
import { collectAfterLoading } from "../util/tidy.ts";
import type { Child } from "./child.ts";
import { COMMIT_TIMEOUT, errorLines, PREPARE_TIMEOUT } from "./fleet.ts";
import { type Limits, takeLimits } from "./limits.ts";
import { listenerLines, refused } from "./outcome.ts";
import { diagnosticLine } from "./report.ts";
import type { ResourcePlan } from "./resources.ts";
import { restartNotes } from "./restart-notes.ts";
import { type Running, runningOf, snapshotOf } from "./snapshot.ts";
import type { Supervisor } from "./supervisor.ts";
import type { ReloadResult } from "./types.ts";
import { messageOf } from "../util/error.ts";

/** How long workers may take to forget what is refused. */
const ABORT_MS = 1000;

/** Reads the files again and puts them in force. Not while another change is in progress. */
export async function reloadConfiguration(supervisor: Supervisor): Promise<ReloadResult> {
  const { resources } = supervisor;
  const { model, diagnostics } = await supervisor.options.load();
  if (model === null) return refused(errorLines(diagnostics));
  if (hasListener(supervisor.running.model) && !hasListener(model)) return refused([NOTHING_TO_SERVE]);
  const warnings = diagnostics.filter((d) => d.severity === "warning").map(diagnosticLine);
  const taken = takeLimits(model);
  if ("error" in taken) return refused([taken.error]);
  const { limits } = taken;
  warnings.push(...taken.warnings);
  const plan = resources.plan(model);
  if ("lacks" in plan) return refused(plan.errors);
  resources.pending = plan;
  try {
    const result = await tryCommit(supervisor, model, limits, plan, warnings);
    if (result.ok) {
      supervisor.shutDown.clear();
      supervisor.findings = diagnostics;
    }
    return result;
  } finally {
    resources.pending = null;
  }
}

/** `shutdown frontend`: the configuration in force without the sockets of a proxy, until the next reload. Returns why not, or null. */
export async function closeFrontend(supervisor: Supervisor, name: string): Promise<string | null> {
  const { resources, shutDown, model, running } = supervisor;
  const plan = resources.plan(model, new Set([...shutDown, name]));
  if ("lacks" in plan) return plan.errors.join("; ");
  resources.pending = plan;
  try {
    const { ok, text } = await tryCommit(supervisor, model, running.limits, plan, null);
    if (ok) shutDown.add(name);
    return ok ? null : text.trim();
  } finally {
    resources.pending = null;
  }
}

async function tryCommit(
  supervisor: Supervisor,
  model: Model,
  limits: Limits,
  plan: ResourcePlan,
  /** null: the files were not read again, all state stays. */
  warnings: readonly string[] | null,
): Promise<ReloadResult> {
  const { shared, running: before, fleet, options, resources } = supervisor;
  const change = { shared, previous: before.model, next: model, slots: plan.slots };
  const next = runningOf(model, before.generation + 1, plan, limits);
  options.initState?.(change);
  const children = fleet.running();
  const errors = [...new Set((await Promise.all(children.map((child) => offer(supervisor, child, next)))).flat())];
  if (errors.length === 0 && !supervisor.stopping) errors.push(...resources.publish(plan));
  if (errors.length > 0 || supervisor.stopping) {
    // Who did not answer before will not do so now; it is told all the same, before anything else.
    await Promise.race([Promise.allSettled(children.map((child) => child.abort(COMMIT_TIMEOUT))), Bun.sleep(ABORT_MS)]);
    resources.abort(plan);
    return refused(errors);
  }
  const notes = warnings === null ? [] : (options.beforeCommit?.(change) ?? []);
  supervisor.running = next;
  await Promise.all(children.map((child) => commit(supervisor, child)));
  resources.commit(plan, model);
  supervisor.patternsReloaded();
  fleet.changes.reloaded((file) => patternText(before.model, file) === patternText(model, file));
  fleet.parkAgain();
  supervisor.pauseAgain();
  if (limits.descriptors > before.limits.descriptors) {
    for (const { pid } of children) raiseDescriptorLimit(limits.descriptors, pid);
  }
  supervisor.admin?.refresh();
  collectAfterLoading(model.patternFiles);
  const lines = [
    ...listenerLines(plan.listeners),
    ...notes,
    ...plan.tables.notes,
    ...restartNotes(supervisor.first, model),
    ...(warnings ?? []),
  ];
  return { ok: true, text: `Configuration reloaded (generation ${next.generation}).\n${lines.join("\n")}\n` };
}

/** Asks a worker to prepare; returns why it refuses. */
async function offer(supervisor: Supervisor, child: Child, next: Running): Promise<string[]> {
  const { index } = child;
  const fdOf = (key: string) => supervisor.listenerFd(key, index);
  try {
    const snapshot = snapshotOf(supervisor, next, index);
    return errorLines(await child.prepare(snapshot, supervisor.segmentFd, fdOf, PREPARE_TIMEOUT));
  } catch (error) {
    return [`worker ${index} : ${messageOf(error)}`];
  }
}

/** A worker that fails now starts anew, on the new configuration: all are on it in the end. */
async function commit(supervisor: Supervisor, child: Child): Promise<void> {
  try {
    await child.commit(COMMIT_TIMEOUT);
  } catch (error) {
    supervisor.report("ALERT", `worker ${child.index} : ${messageOf(error)}`);
    child.kill("SIGKILL");
  }
}

/** Text of a pattern file as rules name it: without the prefixes that say how to open it. */
function patternText({ patternFiles }: Model, file: string): string | undefined {
  return patternFiles[file.replace(/^(?:file|opt|virt)@/, "")];
}
