import type { Model } from "../config/model.ts";
import type { Snapshot } from "../worker/protocol.ts";
import { identity } from "./identity.ts";
import type { Limits } from "./limits.ts";
import type { ResourcePlan } from "./resources.ts";
import type { Supervisor } from "./supervisor.ts";

/** A configuration and what was derived from it: the one in force, or one that is offered to the workers. */
export interface Running {
  readonly model: Model;
  readonly generation: number;
  readonly slots: ResourcePlan["slots"]["slots"];
  readonly uses: ResourcePlan["listeners"]["uses"];
  readonly caches: ResourcePlan["caches"]["segments"];
  readonly tables: ResourcePlan["tables"]["segments"];
  readonly limits: Limits;
}

/** What there is before the first configuration is in force. */
export function nothingRunning(model: Model, generation: number): Running {
  const limits = { maxconn: 0, descriptors: 0 };
  return { model, generation, slots: {}, uses: [], caches: new Map(), tables: new Map(), limits };
}

export function runningOf(model: Model, generation: number, plan: ResourcePlan, limits: Limits): Running {
  const { slots, listeners, caches, tables } = plan;
  const { uses } = listeners;
  return { model, generation, slots: slots.slots, uses, caches: caches.segments, tables: tables.segments, limits };
}

/** What a worker is told of a configuration; descriptors go beside it. */
export function snapshotOf(supervisor: Supervisor, running: Running, worker: number): Snapshot {
  const { model, generation, slots, uses, caches, tables, limits } = running;
  const { first, resources } = supervisor;
  return {
    generation,
    model,
    slots,
    worker,
    workers: supervisor.workerCount,
    set: supervisor.set,
    segment: -1,
    caches: resources.caches.info({ segments: caches }),
    tables: resources.tables.info({ segments: tables }),
    listeners: uses.flatMap(({ key, proxy, index, options }) =>
      proxy === null ? [] : [{ key, proxy: proxy.name, bind: index, backlog: options.backlog, fd: -1 }],
    ),
    maxconn: limits.maxconn,
    startTime: supervisor.startTime,
    // Fixed when the process starts (restart-notes.ts).
    confinement: {
      chroot: first.global.chroot,
      ...identity(first),
      cpus: first.global.cpuMap[worker] ?? null,
      setuidWanted: first.global.setuidWanted,
      dumpable: first.global.dumpable,
      descriptors: limits.descriptors,
    },
  };
}
