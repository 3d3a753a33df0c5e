import { createChecker, type Checker, Health } from "../check/index.ts";
import type { Balancer } from "../balance/types.ts";
import type { Compiled } from "../compile/compile.ts";
import { contexts } from "../codec/compress/pool.ts";
import { C } from "../counters/columns.ts";
import type { LevelName, Logger } from "../log/record.ts";
import type { Backend } from "../proxy/backend.ts";
import { droppedLogs } from "../log/targets/index.ts";
import { writeToStderr } from "../log/targets/stderr.ts";
import { trimPipes } from "../net/splice.ts";
import { poolOf } from "../server/pool.ts";
import { queueOf } from "../server/queue.ts";
import { processFacts } from "../stream/process.ts";
import type { StreamRuntime } from "../stream/runtime.ts";
import type { Stream } from "../stream/stream.ts";
import { eventMessage } from "../lang/event.ts";
import { clock, tick } from "../util/clock.ts";
import { programPid } from "../util/program-pid.ts";
import { type TimerEntry, wheel } from "../util/wheel.ts";
import { SecondRates } from "./rates.ts";
import { MarkedServers } from "./marked.ts";
import type { Snapshot } from "./protocol.ts";

/** How often queues are looked at while streams wait, because another worker may have made room. */
const PUMP_MS = 5;
/** How often the limits are looked at while accepting is paused. */
const RETRY_MS = 10;
/** How often servers with on-marked-down or on-marked-up are looked at. */
const MARKED_MS = 100;
const SECOND = 1000;
/** Entries of a stick table past their end that are removed in one go, about a millisecond's work, and the pause before the next ones. */
const SWEPT = 1000;
const SWEEP_MS = 20;

/** Set in the environment of workers whose events are shown on standard error too, as HAProxy shows them. */
const shown = process.env["TLB_EVENTS"] === "1";

function logEvent(backend: Backend, level: LevelName, text: string): void {
  (backend.logger as Logger).event(level, text);
  if (shown) writeToStderr(eventMessage(level === "emerg", programPid(), text));
}

class Timer implements TimerEntry {
  wheelNext: TimerEntry | null = null;
  wheelPrev: TimerEntry | null = null;
  wheelSlot = -1;
  wheelDue = 0;
  deadline = 0;
  run: () => void;

  constructor(run: () => void) {
    this.run = run;
  }

  onTimer(): void {
    tick();
    this.run();
  }

  in(ms: number): void {
    if (this.deadline === 0) wheel.arm(this, Date.now() + ms);
  }
}

/** What a worker does on the side: queues that other workers make room for, surplus idle connections, health checks. */
export class Housekeeping {
  /** Called once a second, last. */
  onSecond: () => void = () => {};
  private rt: StreamRuntime | null = null;
  private compiled: Compiled | null = null;
  private checker: Checker | null = null;
  private leads = false;
  private cpuBefore = 0;
  private secondBefore = 0;
  private readonly rates = new SecondRates();
  private readonly pumpTimer = new Timer(() => this.pump());
  private readonly secondTimer = new Timer(() => this.everySecond());
  private readonly retryTimer = new Timer(() => {});
  private readonly sweepTimer = new Timer(() => this.sweepTables());
  private readonly markedTimer = new Timer(() => this.lookMarked());
  private marked: MarkedServers | null = null;
  private health: Health | null = null;

  start(rt: StreamRuntime, compiled: Compiled, snapshot: Snapshot): void {
    this.rt = rt;
    this.compiled = compiled;
    this.leads = snapshot.worker === 0;
    rt.onWaiting = () => this.pumpTimer.in(PUMP_MS);
    this.secondTimer.in(SECOND);
    if (this.secondBefore === 0) {
      // Nothing was measured yet.
      rt.slab[C.idlePercent] = 100;
      this.secondBefore = clock.now;
      const cpu = process.cpuUsage();
      this.cpuBefore = cpu.user + cpu.system;
    }
    const backends = [...compiled.backends.values()];
    this.marked ??= new MarkedServers(rt);
    this.marked.link(backends);
    if (this.marked.some) this.markedTimer.in(MARKED_MS);
    if (snapshot.worker !== 0) {
      // Checks are the leader's business, what live traffic tells is everybody's.
      if (this.health === null) this.health = new Health({ clock, event: logEvent }, backends);
      else this.health.link(backends);
      return;
    }
    if (this.checker !== null) {
      this.checker.reconfigure(backends, compiled.model.global);
      return;
    }
    this.checker = createChecker(backends, compiled.model.global, {
      wheel,
      clock,
      process: processFacts(this.rt!),
      event: logEvent,
      onStateChange: () => this.marked!.look(),
    });
    this.checker.start();
  }

  /** Somebody else checks the servers from now on. */
  leaveChecks(): void {
    this.checker?.stop();
    this.checker = null;
  }

  stop(): void {
    this.checker?.stop();
    for (const timer of [this.pumpTimer, this.secondTimer, this.retryTimer, this.markedTimer, this.sweepTimer])
      wheel.disarm(timer);
  }

  retry(run: () => void): void {
    this.retryTimer.run = run;
    this.retryTimer.in(RETRY_MS);
  }

  private pump(): void {
    const { waiting } = this.rt!;
    for (const backend of waiting) {
      const queue = queueOf(backend);
      if (backend.stale) {
        backend.refresh();
        (backend.balancer as Balancer).rebuild();
        for (const server of backend.servers) {
          if (!server.up) queue.displace(server, (entry) => (entry as Stream).onDisplaced());
        }
      }
      queue.pump(clock.now);
      if (queue.waiting === 0) waiting.delete(backend);
    }
    if (waiting.size > 0) this.pumpTimer.in(PUMP_MS);
  }

  /** Servers that went down or came back since: their streams end (on-marked-down, on-marked-up). */
  private lookMarked(): void {
    this.marked?.look();
    if (this.marked?.some) this.markedTimer.in(MARKED_MS);
  }

  /** One worker does so for all; what is past its end counts no more in any case. */
  private sweepTables(): void {
    if (!this.leads) return;
    let more = false;
    for (const table of this.compiled!.tables.all()) {
      table.sweep(clock.now, SWEPT);
      if (table.overdue(clock.now)) more = true;
    }
    if (more) this.sweepTimer.in(SWEEP_MS);
  }

  private everySecond(): void {
    this.secondTimer.in(SECOND);
    const { slab } = this.rt!;
    try {
      slab[C.memoryBytes] = process.memoryUsage.rss();
    } catch {
      // Without a descriptor for the file it is read from, the number of before stays.
    }
    slab[C.droppedLogs] = droppedLogs();
    slab[C.compMemory] = contexts.memory;
    // Share of the last second that no work was done in.
    const cpu = process.cpuUsage();
    const spent = (cpu.user + cpu.system - this.cpuBefore) / 1000;
    const passed = Math.max(1, clock.now - this.secondBefore);
    slab[C.idlePercent] = Math.max(0, Math.min(100, Math.round(100 - (100 * spent) / passed)));
    this.rates.update(slab, this.compiled!, passed);
    this.cpuBefore = cpu.user + cpu.system;
    this.secondBefore = clock.now;
    for (const backend of this.compiled!.backends.values()) {
      for (const server of backend.servers) poolOf(server).purge(clock.now);
    }
    this.sweepTables();
    trimPipes();
    this.onSecond();
  }
}
