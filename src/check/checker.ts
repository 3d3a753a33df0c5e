import type { GlobalModel } from "../config/model.ts";
import { Oper, S } from "../counters/shared.ts";
import type { Backend } from "../proxy/backend.ts";
import type { TlsClient } from "../net/tls/client.ts";
import type { Server } from "../proxy/server.ts";
import { Health } from "./health.ts";
import { compileCheck } from "./kinds/index.ts";
import { CheckTask, interval } from "./task.ts";
import type { Checker, CheckerContext } from "./types.ts";
import { SlowStart } from "./slowstart.ts";

/** Intervals below this do not set the pace at which first checks are spread. */
const SPREAD_THRESHOLD = 1000;

interface Entry {
  readonly task: CheckTask;
  /** What the checks depend on: another text, another check. */
  readonly recipe: string;
}

/** The checks of all servers with `check`; nothing happens before `start()`. */
export function createChecker(backends: readonly Backend[], global: GlobalModel, ctx: CheckerContext): Checker {
  return new RunningChecker(backends, global, ctx);
}

class RunningChecker implements Checker {
  private readonly ctx: CheckerContext;
  private readonly health: Health;
  private entries = new Map<string, Entry>();
  private slowStarts: SlowStart[] = [];
  private backends: readonly Backend[];
  private global: GlobalModel;
  private running = false;

  constructor(backends: readonly Backend[], global: GlobalModel, ctx: CheckerContext) {
    this.ctx = ctx;
    this.backends = backends;
    this.global = global;
    this.health = new Health(ctx, backends);
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.install();
  }

  stop(): void {
    if (!this.running) return;
    this.running = false;
    for (const { task } of this.entries.values()) task.stop();
    for (const slowStart of this.slowStarts) slowStart.stop();
    this.entries = new Map();
    this.slowStarts = [];
  }

  reconfigure(backends: readonly Backend[], global: GlobalModel): void {
    this.backends = backends;
    this.global = global;
    this.health.link(backends);
    if (this.running) this.install();
  }

  /** Brings tasks and timers in line with the configuration. */
  private install(): void {
    const { global, ctx } = this;
    const before = this.entries;
    const entries = new Map<string, Entry>();
    const fresh: CheckTask[] = [];
    for (const backend of this.backends) {
      const method = compileCheck(backend, global);
      for (const server of backend.servers) {
        const key = `${backend.name}/${server.name}`;
        const old = before.get(key);
        if (!isChecked(server)) {
          if (old !== undefined) this.health.unchecked(server);
          continue;
        }
        const recipe = recipeOf(server);
        if (old !== undefined) {
          old.task.adopt(server, method, global);
          if (old.recipe !== recipe) this.restart(old.task, server);
          entries.set(key, { task: old.task, recipe });
          continue;
        }
        const task = new CheckTask(server, method, global, ctx, this.health);
        fresh.push(task);
        entries.set(key, { task, recipe });
      }
    }
    for (const [key, { task }] of before) if (!entries.has(key)) task.stop();
    this.entries = entries;
    this.spread(fresh);
    this.health.align(this.backends);
    for (const slowStart of this.slowStarts) slowStart.stop();
    this.slowStarts = this.backends.flatMap(({ servers }) =>
      servers.filter(({ model }) => model.slowstart > 0).map((server) => new SlowStart(server, ctx)),
    );
  }

  /** Another check for a server that is known: it begins anew, within the new interval. */
  private restart(task: CheckTask, server: Server): void {
    const { shared, slot } = server;
    const { rise, fall } = server.model.check;
    const down = shared.getState(slot, S.oper) === Oper.stopped;
    const health = shared.getState(slot, S.health);
    shared.setState(
      slot,
      S.health,
      down ? Math.min(health, rise - 1) : Math.max(rise, Math.min(health, rise + fall - 1)),
    );
    task.stop();
    task.begin(Math.min(task.due, this.ctx.clock.now + interval(server)));
  }

  /** First checks, as far from each other as the shortest interval of a second or more allows, and `max-spread-checks`. */
  private spread(tasks: readonly CheckTask[]): void {
    const { now } = this.ctx.clock;
    const { maxSpreadChecks } = this.global;
    let shortest = 0;
    for (const { server } of tasks) {
      const ms = interval(server);
      if (ms >= SPREAD_THRESHOLD && (shortest === 0 || ms < shortest)) shortest = ms;
    }
    tasks.forEach((task, place) => {
      let range = Math.max(shortest, interval(task.server));
      if (maxSpreadChecks > 0) range = Math.min(range, maxSpreadChecks);
      task.begin(now + Math.floor((range * place) / tasks.length));
    });
  }
}

function isChecked({ model, backend }: Server): boolean {
  return model.check.enabled && model.track === null && !backend.model.disabled;
}

function recipeOf(server: Server): string {
  const { model, backend } = server;
  // Where a rule stands makes no other check of it.
  return JSON.stringify(
    [
      backend.model.check,
      model.check,
      model.address,
      model.sendProxy,
      (server.checkTls as TlsClient | null)?.recipe,
      (server.stepTls as TlsClient | null)?.recipe,
    ],
    (key, value: unknown) => (key === "at" || key === "endColumn" ? undefined : value),
  );
}
