import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";

/**
 * The servers that share the traffic of a backend now (manual, `backup` and `option allbackups`): the usable active ones;
 * without any, the first usable backup alone, or all usable backups with `option allbackups`.
 */
export class Group {
  readonly backend: Backend;
  /** In the order of the configuration. */
  servers: readonly Server[];
  /** The one backup that stands in for all active servers, else null. */
  standIn: Server | null;

  constructor(backend: Backend) {
    this.backend = backend;
    this.servers = [];
    this.standIn = null;
    this.rebuild();
  }

  rebuild(): void {
    const usable = this.backend.servers.filter((server) => server.usable);
    const active = usable.filter((server) => !server.backup);
    this.standIn = null;
    if (active.length > 0 || this.backend.model.options.allbackups) {
      this.servers = active.length > 0 ? active : usable;
    } else {
      this.servers = usable.slice(0, 1);
      this.standIn = usable[0] ?? null;
    }
  }
}

/** Whether a new stream would be served at once: below its limit and nobody waits for it. */
export function hasRoom(server: Server): boolean {
  return server.maxconn === 0 || (server.queued === 0 && server.served < server.limit);
}

/**
 * Streams already wait for any server, so looking for one with room is vain. They do so on `maxconn`; when all streams of
 * the backend wait, somebody has to be sent to a server, or nothing would ever wake them.
 */
export function crowded(backend: Backend): boolean {
  const { queued } = backend;
  return queued > 0 && queued !== backend.live;
}
