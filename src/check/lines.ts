/** The sentences HAProxy logs about servers and their checks. */
import type { Server } from "../proxy/server.ts";
import { L, LIVE_WIDTH, S } from "../counters/shared.ts";
import type { Count } from "./count.ts";
import { checkStatusInfo, hasCode } from "./status.ts";

/** Why a server changed: the check that made it. */
export interface Cause {
  readonly status: number;
  readonly code: number;
  /** ms; -1 = none was measured. */
  readonly duration: number;
  readonly info: string;
}

/** ", reason: Layer4 timeout, code: 500, info: \"…\", check duration: 3ms" */
export function reason(cause: Cause): string {
  let text = `, reason: ${checkStatusInfo(cause.status).text}`;
  if (hasCode(cause.status)) text += `, code: ${cause.code}`;
  if (cause.info !== "") text += `, info: "${encode(cause.info)}"`;
  if (cause.duration >= 0) text += `, check duration: ${cause.duration}ms`;
  return text;
}

/** What is not printable ASCII, and what could end the quotes, becomes `<XX>`. */
function encode(text: string): string {
  return text.replace(
    /[^ !#-;=?-~]/g,
    (c) => `<${(c.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, "0")}>`,
  );
}

/** The end of a line: what is left of the backend, and what became of the sessions. */
export function remaining(server: Server, { active, backups }: Count, down: boolean): string {
  const { live } = server.shared;
  const at = server.slot * LIVE_WIDTH;
  const queued = Math.max(0, Atomics.load(live, at + L.queued));
  const text = `. ${active} active and ${backups} backup servers ${down ? "left" : "online"}.${
    active === 0 && backups > 0 ? " Running on backup." : ""
  }`;
  if (!down) return `${text} 0 sessions requeued, ${queued} total in queue.`;
  const sessions = Math.max(0, Atomics.load(live, at + L.live));
  return `${text} ${sessions} sessions active, 0 requeued, ${queued} remaining in queue.`;
}

/** "Backup Server be/s2". */
export function title(server: Server): string {
  return `${server.backup ? "Backup " : ""}Server ${server.backend.name}/${server.name}`;
}

/** The line of `option log-health-checks`. */
export function healthLine(server: Server, cause: Cause, verb: string): string {
  const { rise, fall } = server.model.check;
  const health = server.shared.getState(server.slot, S.health);
  const up = health >= rise;
  const progress = up ? `${health - rise + 1}/${fall}` : `${health}/${rise}`;
  const state = !up ? "DOWN" : server.shared.getState(server.slot, S.weight) > 0 ? "UP" : "DRAIN";
  return `Health check for ${server.backup ? "backup " : ""}server ${server.backend.name}/${server.name} ${verb}${reason(
    cause,
  )}, status: ${progress} ${state}.`;
}

/** "backend be has no server available!"; HAProxy calls a `listen` a proxy. */
export function noServerLine(server: Server): string {
  const { model, name } = server.backend;
  return `${model.kind === "listen" ? "proxy" : "backend"} ${name} has no server available!`;
}
