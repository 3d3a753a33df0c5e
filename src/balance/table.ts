import type { Server } from "../proxy/server.ts";

/** Where hashes meet servers: the static map or the consistent ring. */
export interface HashTable {
  /** Number of servers in use; 0 = none is usable. */
  readonly count: number;
  rebuild(): void;
  /** The server of a hash, full or not. Only when `count` > 0. */
  lookup(hash: number, avoid: Server | null): Server;
  /** The next one in turn that has room, for requests without a key; null when all are full. */
  next(avoid: Server | null): Server | null;
}
