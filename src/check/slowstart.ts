import { Oper, S } from "../counters/shared.ts";
import type { Server } from "../proxy/server.ts";
import { tick } from "../util/clock.ts";
import type { TimerEntry } from "../util/wheel.ts";
import { isDynamic } from "../balance/index.ts";
import type { CheckerContext } from "./types.ts";

const SCALE = 16;

/** Weight × 16 of a server that came up `elapsed` seconds ago, of `total` of slow start; 0 = the whole weight. */
export function slowStep(weight: number, elapsed: number, total: number): number {
  if (elapsed < 0 || elapsed >= total) return 0;
  return weight * Math.floor((SCALE * elapsed + total) / total);
}

/**
 * Raises a server that came up to its full weight (manual section 5.2, `slowstart`): in steps of a twentieth of the time, a
 * second at least. Whoever started it, the checks or the administrator.
 */
export class SlowStart implements TimerEntry {
  wheelNext: TimerEntry | null = null;
  wheelPrev: TimerEntry | null = null;
  wheelSlot = -1;
  wheelDue = 0;
  deadline = 0;
  private readonly server: Server;
  private readonly ctx: CheckerContext;
  private readonly period: number;
  private readonly dynamic: boolean;

  constructor(server: Server, ctx: CheckerContext) {
    this.server = server;
    this.ctx = ctx;
    this.period = Math.max(1000, Math.floor(server.model.slowstart / 20));
    this.dynamic = isDynamic(server.backend.model.balance);
    ctx.wheel.arm(this, ctx.clock.now + this.period);
  }

  stop(): void {
    this.ctx.wheel.disarm(this);
  }

  onTimer(now: number): void {
    tick();
    const { shared, slot, backend, model } = this.server;
    if (shared.getState(slot, S.oper) === Oper.starting) {
      const elapsed = Math.floor(now / 1000) - shared.getState(slot, S.lastChange);
      const total = Math.ceil(model.slowstart / 1000);
      const step = slowStep(Math.max(1, shared.getState(slot, S.weight)), elapsed, total);
      if (step === 0) shared.setState(slot, S.oper, Oper.running);
      shared.setState(slot, S.slowstartStep, this.dynamic ? step : 0);
      shared.bump(backend.slot);
    }
    this.ctx.wheel.arm(this, now + this.period);
  }
}
