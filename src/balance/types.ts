import type { HashModel } from "../config/model.ts";
import type { Args } from "../lang/args.ts";
import type { Word } from "../lang/line.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";

/**
 * What a key-based algorithm may look at. The stream implements it and reads each field only when asked.
 * Every string holds one byte of the wire per code unit (latin1), so that its hash is the hash of the bytes.
 */
export interface BalanceRequest {
  /** Textual IP of the client, for messages. */
  readonly clientAddress: string;
  /** 4 or 16 bytes in network order; null for clients without an IP (UNIX sockets). May be a shared scratch buffer. */
  clientAddressBytes(): Uint8Array | null;
  /**
   * The request target as it came: origin form on h1, absolute form when the client wrote it so (and on h2 with an
   * authority, where HAProxy 2.6 rebuilds the absolute form). Null outside HTTP.
   */
  uri(): string | null;
  /** First occurrence of a header, whole value without surrounding blanks; `name` is lower case. Null when absent. */
  header(name: string): string | null;
  /** First value of a parameter of the query string, as written (`findQueryParam` in keys.ts does it); null when absent. */
  urlParam(name: string): string | null;
  /** The same in the buffered body of a POST (`findParam` in keys.ts does it); null for other methods or when absent. */
  bodyParam(name: string): string | null;
  /** Value of an RDP cookie (`Cookie: name=value`) in the first bytes of the stream; null when absent. */
  rdpCookie(name: string): string | null;
  /** Result of the expression of `balance hash` as bytes; null when it yields none. */
  expression(): string | null;
}

/** Returned by `pick`: servers are usable but none has room, so the stream waits in the queue of the backend. */
export const ALL_FULL: unique symbol = Symbol("all servers are full");
export type AllFull = typeof ALL_FULL;

/** One algorithm at work on one backend in one worker. */
export interface Balancer {
  /**
   * Server for a new stream.
   * Null: no server is usable (503). `ALL_FULL`: wait in the queue of the backend.
   * Key-based algorithms return the server of the key even when it is full: the stream then waits for that one.
   * `avoid` is the server the last try failed on: it is taken only when there is no other. (Map-based hashing has no
   * second choice for a key and returns it again, as HAProxy does.)
   * Nothing is counted here: the caller does `server.take()` and then `served(server)`.
   */
  pick(request: BalanceRequest, avoid: Server | null): Server | AllFull | null;
  /** To be called after `Backend.refresh()`: states or weights changed. */
  rebuild(): void;
  /** To be called after the number of streams on, or waiting for, `server` changed. Cheap; most algorithms ignore it. */
  served(server: Server): void;
}

/** A value of `balance`: the row that parser, help, checks and backends read. `M` is what the model keeps of it. */
export interface Algorithm<M extends { readonly kind: string }> {
  readonly name: M["kind"];
  /** As in the manual, the name first. */
  readonly usage: string;
  /** One line, no full stop. */
  readonly help: string;
  /** It looks at a request of HTTP: in mode tcp roundrobin takes its place, with a warning. */
  readonly http: boolean;
  /**
   * A key of the request means one server, by `hash-type` (see keyed.ts): that one is tried again before another, and `option
   * prefer-last-server` does not override it.
   */
  readonly keyed: boolean;
  /** Whether weights may change while it runs. */
  isDynamic(hash: HashModel): boolean;
  /** Reads what stands behind the word; `argument` is what stood in parentheses, null without any. Null after a complaint. */
  parse(args: Args, word: Word, argument: string | null): M | null;
  /** Name and key, as `tlb explain` shows them. Default: the name. */
  text?(model: M): string;
  create(backend: Backend, model: M, hash: HashModel): Balancer;
}
