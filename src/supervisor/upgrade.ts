import { selfCommand } from "../util/self.ts";
import { inheritedFds } from "./daemon.ts";
import { Front } from "./front.ts";
import {
  descriptorsOf,
  type Handover,
  HANDOVER_FORMAT,
  layoutId,
  memoryOf,
  packChange,
  previousModel,
} from "./handover.ts";
import { Successor } from "./successor.ts";
import type { Supervisor } from "./supervisor.ts";
import type { ReloadResult } from "./types.ts";

/**
 * Starts a new process of the program and hands everything over (handover.ts has the messages). Once that one serves, this one only
 * lives for its connections; if it does not come to that, nothing has changed.
 */
export async function handOver(supervisor: Supervisor): Promise<ReloadResult> {
  const { options, model, fleet, resources } = supervisor;
  const listeners = resources.listeners.all();
  const caches = resources.caches.all();
  const tables = resources.tables.memories();
  const front = supervisor.stays ? (supervisor.front ??= Front.open()) : null;
  const frontFd = front?.writer ?? supervisor.inheritance?.front ?? -1;
  const handover: Handover = {
    format: HANDOVER_FORMAT,
    layout: layoutId(),
    workers: supervisor.workerCount,
    generation: supervisor.generation,
    slots: resources.slots.state(),
    ...memoryOf(listeners, caches, tables),
    changes: fleet.changes.all().map(packChange),
    previous: previousModel(model),
    front: frontFd >= 0,
  };
  const command = options.upgradeCommand ?? options.daemonCommand ?? selfCommand(process.argv.slice(2));
  const successor = await Successor.start(command, {
    handover,
    fds: [supervisor.segmentFd, ...descriptorsOf(listeners, caches, tables), ...(frontFd >= 0 ? [frontFd] : [])],
    taken: inheritedFds(model),
    daemon: supervisor.daemon,
    stdin: options.stdin ?? null,
    environment: options.successorEnvironment ?? {},
  });
  if (typeof successor === "string") {
    const reasons = successor.split("\n").map((line) => `  ${line}\n`);
    return { ok: false, text: `Upgrade failed, process ${process.pid} goes on:\n${reasons.join("")}` };
  }
  // Told to stop in the meantime: so is the other.
  if (supervisor.stopping) successor.terminate();
  supervisor.successor = successor;
  fleet.changes.forward = (changes) => successor.pass(changes);
  front?.release();
  supervisor.stopping = true;
  fleet.drain(model.global.hardStopAfter, true);
  resources.listeners.close(false);
  // Nobody new; who asked gets an answer.
  supervisor.admin?.refresh();
  supervisor.onSuccessor(successor);
  return { ok: true, text: `Process ${successor.pid} serves, ${process.pid} ends with its last connection.\n` };
}
