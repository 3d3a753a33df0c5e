/**
 * The state machine of servers (manual section 5.2, `rise`, `fall`): from results of checks to up and down.
 *
 *     health   0 … rise-1            down; good checks count up, a bad one falls back to 0
 *              rise … rise+fall-1    up; bad checks count down, a good one goes back to the top
 *
 * A server starts at `rise`: up, and the first bad check takes it down. All of it is kept in the shared segment, so it
 * outlives reloads and a worker that dies, and every worker may move it (`observe`).
 */
import { isDynamic } from "../balance/index.ts";
import type { ProxyModel } from "../config/model.ts";
import { C } from "../counters/columns.ts";
import { Admin, Oper, S } from "../counters/shared.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import { type Count, countServers } from "./count.ts";
import { type Cause, healthLine, noServerLine, reason, remaining, title } from "./lines.ts";
import { countError, forgetErrors, type Observation, observations, watch } from "./observe.ts";
import { CheckResult, CheckStatus, checkStatusInfo } from "./status.ts";
import type { HealthContext, Verdict } from "./types.ts";

/** HAProxy cuts what it says of a check. */
const MAX_INFO = 127;

const NO_TRACKERS: readonly Server[] = [];

export class Health {
  private readonly ctx: HealthContext;
  /** Servers that follow the key by `track`, directly. */
  private trackers: ReadonlyMap<Server, readonly Server[]> = new Map();

  constructor(ctx: HealthContext, backends: readonly Backend[]) {
    this.ctx = ctx;
    this.link(backends);
  }

  /** After a reload: which servers follow which. */
  link(backends: readonly Backend[]): void {
    this.trackers = findTrackers(backends);
    for (const { servers } of backends) watch(servers, this);
  }

  /** A check of the server ended. `duration` in ms, -1 = not measured. */
  report(server: Server, verdict: Verdict, duration: number): void {
    const { shared, slot } = server;
    const { status, code } = verdict;
    const info = verdict.info.slice(0, MAX_INFO);
    const { result } = checkStatusInfo(status);
    const before = shared.getState(slot, S.checkStatus);
    const paused = (shared.getState(slot, S.admin) & Admin.maint) !== 0;
    shared.setState(slot, S.checkStatus, status);
    shared.setState(slot, S.checkCode, code);
    shared.setState(slot, S.checkDuration, duration);
    shared.setState(slot, S.checkResult, result);
    shared.setState(slot, S.checked, 1);
    shared.setText(slot, info);
    // It was put into maintenance while the check was under way: the result says nothing any more.
    if (paused) return;
    const moved = this.count(server, result);
    const cause: Cause = { status, code, duration, info };
    const verbose = server.backend.model.options["log-health-checks"] === true;
    if (verbose && (moved || status !== before)) {
      const verb = result === CheckResult.failed ? "failed" : `${conditionally(result)}succeeded`;
      this.ctx.event(server.backend, "notice", healthLine(server, cause, verb));
    }
    // The line above has told why.
    const told = verbose ? null : cause;
    const health = shared.getState(slot, S.health);
    if (result === CheckResult.failed) {
      if (health === 0) this.stop(server, told);
      return;
    }
    if (health < server.model.check.rise) return;
    if (result === CheckResult.conditional) this.drain(server, told);
    else this.run(server, told);
  }

  /** Moves the counter between down and fully up; true when it moved. */
  private count(server: Server, result: CheckResult): boolean {
    const { shared, slot } = server;
    const { rise, fall } = server.model.check;
    const health = shared.getState(slot, S.health);
    if (result === CheckResult.failed) {
      if (health === 0) return false;
      server.slab[server.base + C.checkFailed]!++;
      shared.setState(slot, S.health, health <= rise ? 0 : health - 1);
      return true;
    }
    if (server.model.observe !== "none") forgetErrors(server);
    const full = rise + fall - 1;
    if (health >= full) return false;
    shared.setState(slot, S.health, health + 1 >= rise ? full : health + 1);
    return true;
  }

  /**
   * Live traffic saw the server do well or badly. At `error-limit` errors in a row it acts as `on-error` says, in whatever worker
   * this is; the leader's next check follows after `fastinter`.
   */
  observe(server: Server, what: Observation): void {
    const { model, shared, slot } = server;
    if (model.observe === "none") return;
    const seen = observations[what];
    const good = seen[model.observe];
    if (good === null) return;
    if (good) return forgetErrors(server);
    const errors = countError(server);
    if (errors === 0) return;
    const { rise } = model.check;
    const health = shared.getState(slot, S.health);
    switch (model.onError) {
      case "fastinter":
        return;
      case "sudden-death":
        // As if all failures but the last one had been seen.
        if (health > rise) shared.setState(slot, S.health, rise + 1);
        break;
      case "fail-check":
        break;
      case "mark-down":
        shared.setState(slot, S.health, rise);
        break;
    }
    const info = `Detected ${errors} consecutive errors, last one was: ${seen.text}`;
    this.report(server, { status: CheckStatus.healthAnalyze, code: 0, info }, -1);
  }

  /** The server is down. `cause` null: told already, or it follows another one. */
  stop(server: Server, cause: Cause | null): void {
    if (!this.change(server, Oper.stopped, cause)) return;
    for (const tracker of this.followers(server)) this.follow(tracker, server, Oper.stopped);
  }

  /** The server finishes what it has and takes nothing new (`http-check disable-on-404`). */
  private drain(server: Server, cause: Cause | null): void {
    if (!this.change(server, Oper.stopping, cause)) return;
    for (const tracker of this.followers(server)) this.follow(tracker, server, Oper.stopping);
  }

  private run(server: Server, cause: Cause | null): void {
    if (!this.change(server, Oper.running, cause)) return;
    for (const tracker of this.followers(server)) this.follow(tracker, server, Oper.running);
  }

  /** A server that is no longer checked is up, as one without `check` is. */
  unchecked(server: Server): void {
    if (server.model.track === null) this.run(server, null);
  }

  /** After a reload: servers take on the state of those they follow now. */
  align(backends: readonly Backend[]): void {
    for (const { servers } of backends) {
      for (const server of servers) {
        // From the checked ones down the chain.
        if (server.model.track !== null) continue;
        for (const tracker of this.followers(server)) this.alignOne(tracker, server);
      }
    }
  }

  private alignOne(server: Server, tracked: Server): void {
    const oper = tracked.shared.getState(tracked.slot, S.oper);
    const to = oper === Oper.starting ? Oper.running : oper;
    this.change(server, to, null, tracked);
    for (const tracker of this.followers(server)) this.alignOne(tracker, server);
  }

  private follow(server: Server, tracked: Server, oper: number): void {
    if (!this.change(server, oper, null, tracked)) return;
    for (const tracker of this.followers(server)) this.follow(tracker, server, oper);
  }

  private followers(server: Server): readonly Server[] {
    return this.trackers.get(server) ?? NO_TRACKERS;
  }

  /** False when nothing changed: it is there already, or in maintenance. */
  private change(server: Server, to: number, cause: Cause | null, tracked: Server | null = null): boolean {
    const { shared, slot, backend } = server;
    const admin = shared.getState(slot, S.admin);
    const from = shared.getState(slot, S.oper);
    const up = to === Oper.running;
    if ((admin & Admin.maint) !== 0 || from === to || (up && from === Oper.starting)) return false;

    const now = Math.floor(this.ctx.clock.now / 1000);
    const before = countServers(backend);
    if (from === Oper.stopped) this.addDowntime(server, now);
    const slow = up && server.model.slowstart > 0;
    shared.setState(slot, S.slowstartStep, slow ? firstStep(backend.model, shared.getState(slot, S.weight)) : 0);
    shared.setState(slot, S.oper, slow ? Oper.starting : to);
    shared.setState(slot, S.lastChange, now);
    if (to === Oper.stopped) server.slab[server.base + C.checkDown]!++;
    const after = countServers(backend);
    this.settleBackend(backend, before, after, now);
    shared.bump(backend.slot);

    const verb = up ? "UP" : to === Oper.stopped ? "DOWN" : "stopping";
    const why = cause !== null ? reason(cause) : tracked !== null ? ` via ${tracked.backend.name}/${tracked.name}` : "";
    // Nobody is alarmed by the end of a server that was on its way out.
    const expected = from === Oper.stopping || (admin & Admin.drain) !== 0;
    this.ctx.event(
      backend,
      to === Oper.stopped && !expected ? "alert" : "notice",
      `${title(server)} is ${verb}${why}${remaining(server, after, to === Oper.stopped)}`,
    );
    if (some(before) && !some(after)) this.ctx.event(backend, "emerg", noServerLine(server));
    this.ctx.onStateChange?.(server, up);
    return true;
  }

  private addDowntime({ shared, slot, slab, base }: Server, now: number): void {
    const seconds = Math.max(0, now - shared.getState(slot, S.lastChange));
    shared.setState(slot, S.downSeconds, shared.getState(slot, S.downSeconds) + seconds);
    slab[base + C.downtime]! += seconds * 1000;
  }

  /** A backend is down while none of its servers takes traffic. */
  private settleBackend(backend: Backend, before: Count, after: Count, now: number): void {
    const { shared, slot } = backend;
    if (some(before) === some(after)) return;
    if (some(after)) {
      const seconds = Math.max(0, now - (shared.getState(slot, S.lastChange) || now));
      shared.setState(slot, S.downSeconds, shared.getState(slot, S.downSeconds) + seconds);
      backend.slab[backend.base + C.downtime]! += seconds * 1000;
    } else {
      backend.slab[backend.base + C.checkDown]!++;
    }
    shared.setState(slot, S.lastChange, now);
  }
}

function some({ active, backups }: Count): boolean {
  return active + backups > 0;
}

function conditionally(result: CheckResult): string {
  return result === CheckResult.conditional ? "conditionally " : "";
}

/** The direct followers of each server that has some, the last configured first, as HAProxy tells of them. */
function findTrackers(backends: readonly Backend[]): Map<Server, readonly Server[]> {
  const byName = new Map<string, Server>();
  for (const backend of backends) {
    for (const server of backend.servers) byName.set(`${backend.name}/${server.name}`, server);
  }
  const found = new Map<Server, Server[]>();
  for (const server of byName.values()) {
    const { track } = server.model;
    if (track === null) continue;
    const target = byName.get(track.includes("/") ? track : `${server.backend.name}/${track}`);
    if (target === undefined) continue;
    const list = found.get(target);
    if (list === undefined) found.set(target, [server]);
    else list.unshift(server);
  }
  return found;
}

/** A sixteenth of the weight: what a starting server begins with. 0 = its whole weight at once. */
function firstStep(model: ProxyModel, weight: number): number {
  return isDynamic(model.balance) ? weight : 0;
}
