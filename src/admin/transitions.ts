/**
 * What the administrator does to servers: maintenance, drain, health, weight. Writes the state cells, hands the change on to
 * the servers that track this one, wakes the workers and reports it to the proxy's log in HAProxy's words (management
 * manual, section 9.3, `set server`).
 */
import { isDynamic } from "../balance/index.ts";
import type { LogLevel, ProxyModel } from "../config/model.ts";
import { C, COLUMNS } from "../counters/columns.ts";
import { Admin, L, LIVE_WIDTH, Oper, S } from "../counters/shared.ts";
import type { AdminContext } from "./context.ts";
import { trackedBy } from "./servers.ts";
import { summarize } from "./stats/backend-row.ts";
import type { ServerRef } from "./stats/status.ts";

const ALERT: LogLevel = 1;
const NOTICE: LogLevel = 5;
const EMERG: LogLevel = 0;

function get(ctx: AdminContext, ref: ServerRef, cell: number): number {
  return ctx.shared.getState(ref.slot, cell);
}

function set(ctx: AdminContext, ref: ServerRef, cell: number, value: number): void {
  ctx.shared.setState(ref.slot, cell, value);
}

/** "Server app/web1", "Backup Server app/web3". */
function title({ proxy, server }: ServerRef): string {
  return `${server.backup ? "Backup " : ""}Server ${proxy.name}/${server.name}`;
}

function via(root: ServerRef | null): string {
  return root === null ? "" : ` via ${root.proxy.name}/${root.server.name}`;
}

/** The sentences HAProxy appends: what is left of the backend and what happens to the sessions. */
function leftOver(ctx: AdminContext, ref: ServerRef, down: boolean): string {
  const { active, backups } = summarize(ctx, ref.proxy);
  const live = Math.max(0, Atomics.load(ctx.shared.live, ref.slot * LIVE_WIDTH + L.live));
  const queued = Math.max(0, Atomics.load(ctx.shared.live, ref.slot * LIVE_WIDTH + L.queued));
  return (
    `. ${active} active and ${backups} backup servers ${down ? "left" : "online"}.` +
    (active === 0 && backups > 0 ? " Running on backup." : "") +
    (down
      ? ` ${live} sessions active, 0 requeued, ${queued} remaining in queue.`
      : ` 0 sessions requeued, ${queued} total in queue.`)
  );
}

/** Servers that track `ref`, directly. */
function trackers(ctx: AdminContext, ref: ServerRef): ServerRef[] {
  const { proxies } = ctx.model();
  const found: ServerRef[] = [];
  for (const proxy of proxies) {
    for (const server of proxy.servers) {
      if (server.track === null) continue;
      const target = trackedBy(proxies, proxy, server.track);
      if (target?.proxy.name !== ref.proxy.name || target.server.name !== ref.server.name) continue;
      found.push({ proxy, server, slot: ctx.slotOf(`S/${proxy.name}/${server.name}`) });
    }
  }
  return found;
}

/** Runs a change of one server and keeps the books of its backend: time without servers, how often, wake-up of the workers. */
function changing(ctx: AdminContext, ref: ServerRef, nowMs: number, change: () => void): void {
  const before = available(ctx, ref.proxy);
  change();
  const after = available(ctx, ref.proxy);
  const slot = ctx.slotOf(`B/${ref.proxy.name}`);
  const now = Math.floor(nowMs / 1000);
  const { shared } = ctx;
  if (before && !after) {
    count(ctx, slot, C.checkDown);
    shared.setState(slot, S.lastChange, now);
    ctx.logEvent(
      EMERG,
      ref.proxy.name,
      `${ref.proxy.kind === "listen" ? "proxy" : "backend"} ${ref.proxy.name} has no server available!`,
    );
  } else if (!before && after) {
    const since = shared.getState(slot, S.lastChange) || Math.floor(ctx.startedMs / 1000);
    const down = Math.max(0, now - since);
    shared.setState(slot, S.downSeconds, shared.getState(slot, S.downSeconds) + down);
    count(ctx, slot, C.downtime, down * 1000);
    shared.setState(slot, S.lastChange, now);
  }
  shared.bump(slot);
}

function available(ctx: AdminContext, proxy: ProxyModel): boolean {
  const { active, backups } = summarize(ctx, proxy);
  return active + backups > 0;
}

/** Slab 0 belongs to the leading worker, which alone counts these columns, once a state change: a lost count is next to impossible. */
function count(ctx: AdminContext, slot: number, column: number, by = 1): void {
  const slab = ctx.shared.slabs[0]!;
  slab[slot * COLUMNS + column]! += by;
}

/** Moves between down and not down: the time of the change, and the time spent down. */
function setOper(ctx: AdminContext, ref: ServerRef, oper: number, nowMs: number): void {
  const now = Math.floor(nowMs / 1000);
  const before = get(ctx, ref, S.oper);
  if (before === oper) return;
  if (oper === Oper.stopped) count(ctx, ref.slot, C.checkDown);
  if (before === Oper.stopped) {
    const down = Math.max(0, now - get(ctx, ref, S.lastChange));
    set(ctx, ref, S.downSeconds, get(ctx, ref, S.downSeconds) + down);
    count(ctx, ref.slot, C.downtime, down * 1000);
  }
  // Slow start begins with a sixteenth of the weight, and the leading worker raises it; algorithms with fixed weights have none.
  const slow = oper === Oper.running && ref.server.slowstart > 0;
  set(ctx, ref, S.slowstartStep, slow && isDynamic(ref.proxy.balance) ? get(ctx, ref, S.weight) : 0);
  set(ctx, ref, S.oper, slow ? Oper.starting : oper);
  set(ctx, ref, S.lastChange, now);
  if (oper === Oper.stopped && ref.server.onMarkedDown === "shutdown-sessions") closeSessions(ctx, ref, "D");
  if (oper === Oper.running && before === Oper.stopped && ref.server.onMarkedUp === "shutdown-backup-sessions") {
    for (const server of ref.proxy.servers) {
      if (server.backup) closeSessions(ctx, { proxy: ref.proxy, server, slot: -1 }, "U");
    }
  }
}

/**
 * `on-marked-down shutdown-sessions`, `on-marked-up shutdown-backup-sessions` (manual, section 5.2); `cause`: what the log says
 * about the end.
 */
function closeSessions(ctx: AdminContext, { proxy, server }: ServerRef, cause: "D" | "U"): void {
  if (ctx.queries.has("shutdown-server")) void ctx.query("all", "shutdown-server", [proxy.name, server.name, cause]);
}

/** The counter of good checks; it only rises where there are checks. */
function setHealthCounter(ctx: AdminContext, ref: ServerRef, value: number): void {
  const checked = ref.server.check.enabled && ref.server.track === null;
  if (checked || value === 0) set(ctx, ref, S.health, value);
}

/** HAProxy repeats what a change leaves as it was. */
function stillDraining(ctx: AdminContext, ref: ServerRef, root: ServerRef | null): void {
  if ((get(ctx, ref, S.admin) & Admin.drain) === 0) return;
  const text =
    root === null ? "remains in forced drain mode" : `is leaving forced drain but remains in drain mode${via(root)}`;
  ctx.logEvent(NOTICE, ref.proxy.name, `${title(ref)} ${text}.`);
}

/** On its way out already: nobody is alarmed by its end. */
function isLeaving(ctx: AdminContext, ref: ServerRef): boolean {
  return get(ctx, ref, S.oper) === Oper.stopping || (get(ctx, ref, S.admin) & Admin.drain) !== 0;
}

function enterMaintenance(
  ctx: AdminContext,
  ref: ServerRef,
  flag: number,
  root: ServerRef | null,
  nowMs: number,
): void {
  const admin = get(ctx, ref, S.admin);
  if (admin & flag) return;
  if (admin & Admin.maint) return set(ctx, ref, S.admin, admin | flag);
  const wasDown = get(ctx, ref, S.oper) === Oper.stopped;
  const wasLeaving = isLeaving(ctx, ref);
  changing(ctx, ref, nowMs, () => {
    set(ctx, ref, S.health, 0);
    setOper(ctx, ref, Oper.stopped, nowMs);
    set(ctx, ref, S.admin, admin | flag);
    const quiet = wasDown || wasLeaving;
    const text = wasDown
      ? `was DOWN and now enters maintenance${via(root)}.`
      : `is going DOWN for maintenance${via(root)}${leftOver(ctx, ref, true)}`;
    ctx.logEvent(quiet ? NOTICE : ALERT, ref.proxy.name, `${title(ref)} ${text}`);
  });
  for (const tracker of trackers(ctx, ref)) enterMaintenance(ctx, tracker, Admin.inheritedMaint, root ?? ref, nowMs);
}

function leaveMaintenance(
  ctx: AdminContext,
  ref: ServerRef,
  flags: number,
  root: ServerRef | null,
  nowMs: number,
): void {
  const before = get(ctx, ref, S.admin);
  const admin = before & ~flags;
  if (admin === before) return;
  if ((admin & Admin.maint) !== 0) return set(ctx, ref, S.admin, admin);
  changing(ctx, ref, nowMs, () => {
    set(ctx, ref, S.admin, admin);
    const tracked = root === null ? trackedRef(ctx, ref) : root;
    const oper = tracked === null ? Oper.running : get(ctx, tracked, S.oper);
    setHealthCounter(ctx, ref, oper === Oper.stopped ? 0 : ref.server.check.rise);
    setOper(ctx, ref, oper === Oper.starting ? Oper.running : oper, nowMs);
    const up = oper === Oper.stopped ? "DOWN" : "UP";
    const ready = admin & Admin.drain ? "DRAIN" : "READY";
    const left = root === null ? "leaving forced maintenance" : "leaving maintenance";
    ctx.logEvent(NOTICE, ref.proxy.name, `${title(ref)} is ${up}/${ready} (${left}).`);
    stillDraining(ctx, ref, root);
  });
  for (const tracker of trackers(ctx, ref)) leaveMaintenance(ctx, tracker, Admin.inheritedMaint, root ?? ref, nowMs);
}

function trackedRef(ctx: AdminContext, ref: ServerRef): ServerRef | null {
  if (ref.server.track === null) return null;
  const target = trackedBy(ctx.model().proxies, ref.proxy, ref.server.track);
  return target === null ? null : { ...target, slot: ctx.slotOf(`S/${target.proxy.name}/${target.server.name}`) };
}

function enterDrain(ctx: AdminContext, ref: ServerRef, flag: number, root: ServerRef | null, nowMs: number): void {
  const admin = get(ctx, ref, S.admin);
  if (admin & flag) return;
  changing(ctx, ref, nowMs, () => {
    set(ctx, ref, S.admin, admin | flag);
    if (admin & (Admin.maint | Admin.drain)) return;
    const down = get(ctx, ref, S.oper) === Oper.stopped;
    ctx.logEvent(NOTICE, ref.proxy.name, `${title(ref)} enters drain state${via(root)}${leftOver(ctx, ref, down)}`);
  });
  for (const tracker of trackers(ctx, ref)) enterDrain(ctx, tracker, Admin.inheritedDrain, root ?? ref, nowMs);
}

function leaveDrain(ctx: AdminContext, ref: ServerRef, flag: number, root: ServerRef | null, nowMs: number): void {
  const admin = get(ctx, ref, S.admin);
  if ((admin & flag) === 0) return;
  const left = admin & ~flag;
  changing(ctx, ref, nowMs, () => {
    set(ctx, ref, S.admin, left);
    if (left & Admin.maint) return;
    const up = get(ctx, ref, S.oper) === Oper.stopped ? "DOWN" : "UP";
    const text =
      left & Admin.drain ? "is leaving forced drain but remains in drain mode." : `is ${up} (leaving forced drain).`;
    ctx.logEvent(NOTICE, ref.proxy.name, `${title(ref)} ${text}`);
  });
  for (const tracker of trackers(ctx, ref)) leaveDrain(ctx, tracker, Admin.inheritedDrain, root ?? ref, nowMs);
}

/** `set server … state`: maint takes it out, drain lets it finish what it has, ready takes both back. */
export function setAdminState(
  ctx: AdminContext,
  ref: ServerRef,
  state: "ready" | "drain" | "maint",
  nowMs: number,
): void {
  switch (state) {
    case "maint":
      enterMaintenance(ctx, ref, Admin.forcedMaint, null, nowMs);
      return leaveDrain(ctx, ref, Admin.forcedDrain, null, nowMs);
    case "drain":
      enterDrain(ctx, ref, Admin.forcedDrain, null, nowMs);
      return leaveMaintenance(ctx, ref, Admin.forcedMaint, null, nowMs);
    case "ready":
      leaveDrain(ctx, ref, Admin.forcedDrain, null, nowMs);
      return leaveMaintenance(ctx, ref, Admin.forcedMaint, null, nowMs);
  }
}

const health = {
  up: { oper: Oper.running, text: "is UP" },
  stopping: { oper: Oper.stopping, text: "is stopping" },
  down: { oper: Oper.stopped, text: "is DOWN" },
} as const;

/** `set server … health`: as if the checks had said so. The next check may say otherwise. */
export function setHealth(ctx: AdminContext, ref: ServerRef, to: keyof typeof health, nowMs: number): void {
  changeHealth(ctx, ref, to, null, nowMs);
}

function changeHealth(
  ctx: AdminContext,
  ref: ServerRef,
  to: keyof typeof health,
  root: ServerRef | null,
  nowMs: number,
): void {
  const { oper, text } = health[to];
  const before = get(ctx, ref, S.oper);
  const { rise, fall } = ref.server.check;
  if (get(ctx, ref, S.admin) & Admin.maint) return;
  const counter = oper === Oper.stopped ? 0 : rise + fall - 1;
  if (root === null) set(ctx, ref, S.health, counter);
  else setHealthCounter(ctx, ref, counter);
  if (before === oper || (before === Oper.starting && oper === Oper.running)) return;
  const alarming = oper === Oper.stopped && !isLeaving(ctx, ref);
  changing(ctx, ref, nowMs, () => {
    setOper(ctx, ref, oper, nowMs);
    const down = oper === Oper.stopped;
    const cause = root === null ? ", changed from CLI" : via(root);
    ctx.logEvent(alarming ? ALERT : NOTICE, ref.proxy.name, `${title(ref)} ${text}${cause}${leftOver(ctx, ref, down)}`);
    stillDraining(ctx, ref, root);
  });
  for (const tracker of trackers(ctx, ref)) changeHealth(ctx, tracker, to, root ?? ref, nowMs);
}

/** 0..256; takes effect at the next choice of a server. */
export function setWeight(ctx: AdminContext, ref: ServerRef, weight: number, nowMs: number): void {
  changing(ctx, ref, nowMs, () => set(ctx, ref, S.weight, weight));
}
