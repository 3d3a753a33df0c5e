import type { ServerModel } from "../config/model.ts";
import { Admin, Oper, S, type Shared } from "../counters/shared.ts";

/**
 * Writes the state a server starts with: as configured, running (HAProxy assumes a server to be up until checks say
 * otherwise), in maintenance when `disabled`. For slots that were just given out.
 */
export function initServerState(shared: Shared, slot: number, model: ServerModel, nowMs: number): void {
  shared.setState(slot, S.admin, model.disabled ? Admin.configMaint : 0);
  shared.setState(slot, S.oper, model.disabled ? Oper.stopped : Oper.running);
  shared.setState(slot, S.weight, model.weight);
  shared.setState(slot, S.initialWeight, model.weight);
  shared.setState(slot, S.maxconn, model.maxconn);
  // With checks a server starts at `rise`: up, but the first failed check takes it down (manual, `fall`).
  shared.setState(slot, S.health, model.check.enabled ? model.check.rise : model.check.rise + model.check.fall - 1);
  shared.setState(slot, S.checkDuration, -1);
  shared.setState(slot, S.lastChange, Math.floor(nowMs / 1000));
}

/**
 * A reload: run-time state stays, except where the file changed. A weight or limit set at run time gives way to an edited
 * one only; `disabled` acts when it was added or removed.
 */
export function updateServerState(shared: Shared, slot: number, before: ServerModel, after: ServerModel): void {
  if (before.weight !== after.weight) {
    shared.setState(slot, S.weight, after.weight);
    shared.setState(slot, S.initialWeight, after.weight);
  }
  if (before.maxconn !== after.maxconn) shared.setState(slot, S.maxconn, after.maxconn);
  if (before.disabled !== after.disabled) {
    const admin = shared.getState(slot, S.admin);
    shared.setState(slot, S.admin, after.disabled ? admin | Admin.configMaint : admin & ~Admin.maint);
    shared.setState(slot, S.oper, after.disabled ? Oper.stopped : Oper.running);
  }
  if (before.addressText !== after.addressText) shared.setState(slot, S.addrFamily, 0);
}
