import type { StreamSocket } from "../net/socket.ts";
import type { Edits } from "../codec/h1/edits.ts";
import type { Head } from "../codec/h1/head.ts";
import type { TlsSession } from "../net/tls/session.ts";
import type { Server } from "../proxy/server.ts";
import type { ServerConn, ServerOwner } from "./conn.ts";
import type { ServerPool } from "./pool.ts";

/** What carries an exchange to its server: a connection of its own, or one stream of a connection with many. */
export interface ServerSide {
  /** How heads and ends are given to HTTP/2; null = bytes as they are. */
  readonly h2: H2ServerSide | null;
  /** The connection under it. */
  readonly conn: ServerConn;
  readonly server: Server;
  readonly pool: ServerPool;
  owner: ServerOwner | null;
  /** Requests sent over the connection so far. */
  requests: number;
  readonly established: boolean;
  readonly closed: boolean;
  readonly ended: boolean;
  readonly shut: boolean;
  readonly blocked: boolean;
  readonly socket: StreamSocket | null;
  readonly tls: TlsSession | null;
  write(buf: Buffer, start: number, end: number): boolean;
  writeScratch(buf: Buffer, start: number, end: number): boolean;
  pause(): void;
  resume(): void;
  /** This side sends nothing more. */
  finish(): void;
  close(): void;
  abort(): void;
}

/** How heads and ends of messages are given to HTTP/2. */
export interface H2ServerSide {
  /** Sends the head of a request. */
  sendRequest(head: Head, edits: Edits | null): void;
  /** Nothing more follows, but for trailers: lines `name: value\r\n`, or the trailer section of a chunked message. */
  endMessage(lines: Buffer | null, trailers: Head | null): void;
  /** The request asked for another protocol, which a 2xx grants (RFC 8441). */
  readonly upgrade: boolean;
  /** The response was refused with REFUSED_STREAM, or was above the last stream of GOAWAY: the server did nothing yet. */
  readonly refused: boolean;
  /** The exchange is over, `complete`: both messages are. What becomes of the connection when it carries no other: pooled, kept for one client, or closed. */
  release(keep: "pool" | "private" | "close", complete: boolean): void;
}
