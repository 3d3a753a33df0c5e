import { Admin, Oper, S } from "../counters/shared.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import type { StreamRuntime } from "../stream/runtime.ts";
import { shutdownServer } from "./sessions.ts";

/**
 * `on-marked-down shutdown-sessions` and `on-marked-up shutdown-backup-sessions` (manual, section 5.2): looks at the shared state of
 * the servers that have one of them, and ends the streams of this worker when a server went down or came back.
 */
export class MarkedServers {
  private readonly rt: StreamRuntime;
  private servers: Server[] = [];
  /** Servers whose streams end at the next look: the change itself is logged first. */
  private due: Server[] = [];
  /** Servers that were up, by "backend/server"; what is not in it is seen for the first time. */
  private up = new Map<string, boolean>();

  constructor(rt: StreamRuntime) {
    this.rt = rt;
  }

  /** After start and reload. */
  link(backends: Iterable<Backend>): void {
    this.servers = [];
    const before = this.up;
    this.up = new Map();
    for (const { servers } of backends) {
      for (const server of servers) {
        const { onMarkedDown, onMarkedUp } = server.model;
        if (onMarkedDown === "none" && onMarkedUp === "none") continue;
        this.servers.push(server);
        const key = keyOf(server);
        this.up.set(key, before.get(key) ?? isUp(server));
      }
    }
  }

  get some(): boolean {
    return this.servers.length > 0;
  }

  look(): void {
    const { due } = this;
    this.due = [];
    for (const { backend, name } of due) shutdownServer(this.rt, backend.name, name, "D");
    for (const server of this.servers) {
      const key = keyOf(server);
      const now = isUp(server);
      if (this.up.get(key) === now) continue;
      this.up.set(key, now);
      if (now) this.cameUp(server);
      else if (server.model.onMarkedDown === "shutdown-sessions") this.due.push(server);
    }
  }

  private cameUp({ model, backend, backup }: Server): void {
    if (model.onMarkedUp !== "shutdown-backup-sessions" || backup) return;
    for (const other of backend.servers) {
      if (other.backup) shutdownServer(this.rt, backend.name, other.name, "U");
    }
  }
}

function keyOf(server: Server): string {
  return `${server.backend.name}/${server.name}`;
}

function isUp({ shared, slot }: Server): boolean {
  return (shared.getState(slot, S.admin) & Admin.maint) === 0 && shared.getState(slot, S.oper) !== Oper.stopped;
}
