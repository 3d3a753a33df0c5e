/** Host names to addresses while traffic flows: as the system does it (files, DNS), off the event loop. */
import { promises as dns } from "node:dns";
import { parseIp } from "../util/ip.ts";

/**
 * Asks for the addresses of a name; `done` gets 4 or 16 bytes, of family `prefer` when there is such a one, or null when the name has no
 * address. Never called before this returns.
 */
export function lookup(name: string, prefer: 4 | 6, done: (address: Uint8Array | null) => void): void {
  dns.lookup(name, { all: true }).then(
    (found) => {
      const best = found.find(({ family }) => family === prefer) ?? found[0];
      done(best === undefined ? null : parseIp(best.address));
    },
    () => done(null),
  );
}
