import { createChecker, type Checker } from "../check/index.ts";
import type { Balancer } from "../balance/types.ts";
import type { Compiled } from "../compile/compile.ts";
import { C } from "../counters/columns.ts";
import type { Logger } from "../log/record.ts";
import { poolOf } from "../server/pool.ts";
import { queueOf } from "../server/queue.ts";
import type { StreamRuntime } from "../stream/runtime.ts";
import type { Stream } from "../stream/stream.ts";
import { clock, tick } from "../util/clock.ts";
import { type TimerEntry, wheel } from "../util/wheel.ts";
import type { Snapshot } from "./protocol.ts";

/** How often queues are looked at while streams wait, because another worker may have made room. */
const PUMP_MS = 5;
/** How often the limits are looked at while accepting is paused. */
const RETRY_MS = 10;
const SECOND = 1000;

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
  private rt: StreamRuntime | null = null;
  private compiled: Compiled | null = null;
  private checker: Checker | null = null;
  private readonly pumpTimer = new Timer(() => this.pump());
  private readonly secondTimer = new Timer(() => this.everySecond());
  private readonly retryTimer = new Timer(() => {});

  start(rt: StreamRuntime, compiled: Compiled, snapshot: Snapshot): void {
    this.rt = rt;
    this.compiled = compiled;
    rt.onWaiting = () => this.pumpTimer.in(PUMP_MS);
    this.secondTimer.in(SECOND);
    if (snapshot.worker !== 0) return;
    const backends = [...compiled.backends.values()];
    if (this.checker !== null) {
      this.checker.reconfigure(backends, compiled.model.global);
      return;
    }
    this.checker = createChecker(backends, compiled.model.global, {
      wheel,
      clock,
      event: (backend, level, text) => (backend.logger as Logger).event(level, text),
    });
    this.checker.start();
  }

  stop(): void {
    this.checker?.stop();
    for (const timer of [this.pumpTimer, this.secondTimer, this.retryTimer]) wheel.disarm(timer);
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

  private everySecond(): void {
    this.secondTimer.in(SECOND);
    const { slab } = this.rt!;
    slab[C.memoryBytes] = process.memoryUsage.rss();
    for (const backend of this.compiled!.backends.values()) {
      for (const server of backend.servers) poolOf(server).purge(clock.now);
    }
  }
}
