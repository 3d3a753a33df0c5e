import type { ClientConn } from "../stream/client.ts";
import type { StreamRuntime } from "../stream/runtime.ts";

/** How long idle clients of a worker that was replaced may stay. */
const PATIENCE_MS = 30_000;

/** Closes the client connections as they become idle; resolves when the last one is gone. `replaced`: others serve the sockets now. */
export async function leave(rt: StreamRuntime, replaced: boolean): Promise<void> {
  const { closeSpread } = rt.global;
  // Where others have taken over there is no hurry: an idle client leaves by itself, after an answer that says so, rather than
  // being closed in the moment in which it sends its next request.
  const patience = replaced && closeSpread === 0 ? Date.now() + PATIENCE_MS : 0;
  const turns = closeSpread > 0 ? new Turns(Date.now(), closeSpread) : null;
  while (rt.clients.size > 0 || rt.handshakes > 0 || rt.greetings > 0) {
    for (const client of closeSpread < 0 ? [] : rt.clients) {
      if (turns !== null && !turns.came(client)) continue;
      if (client.idle && !client.lingering && !client.leavesWithAnswer && Date.now() >= patience) client.closeNow();
      else client.retire();
    }
    await Bun.sleep(20);
  }
}

/** When each client connection is closed, somewhere in a window of `ms` (close-spread-time). */
class Turns {
  private readonly turns = new WeakMap<ClientConn, number>();

  constructor(
    private readonly start: number,
    private readonly ms: number,
  ) {}

  came(client: ClientConn): boolean {
    let at = this.turns.get(client);
    if (at === undefined) {
      at = this.start + Math.random() * this.ms;
      this.turns.set(client, at);
    }
    return Date.now() >= at;
  }
}
