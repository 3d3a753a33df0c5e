import type { Edits } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import type { ServerMux } from "../../server/h2/mux.ts";
import type { ServerConn } from "../../server/conn.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { ClientSide } from "../side.ts";
import type { HttpClient } from "./client.ts";
import type { PrivateConns } from "./private.ts";

/**
 * The client of an HTTP exchange. With HTTP/1 the stream writes the bytes of the message; with HTTP/2 it gives the head to `h2` and
 * writes payload. Writes return false when the client is behind: `onClientDrain` follows.
 */
export interface HttpSide extends ClientSide {
  /** How heads and ends are given to HTTP/2; null = HTTP/1. */
  readonly h2: H2Side | null;
  /** Requests begun on the connection. */
  readonly requests: number;
  /** A line `x-forwarded-for: …` ready to send, made once per connection, and the setting it was made for. */
  forwardLine: Buffer | null;
  forwardName: string;
  originalLine: Buffer | null;
  originalName: string;
  /** Server connections nobody else uses. */
  readonly own: PrivateConns | null;
  /** Set by rules: how the connection, or the stream of HTTP/2, ends. */
  cut: HttpClient["cut"];
  /** The backend that rules of mode tcp have chosen for the next request. */
  assigned: Backend | null;
  /** Those rules judged the content of the next request. */
  upgraded?: boolean;
  readonly paused: boolean;
  readonly blocked: boolean;
  readonly gone: boolean;
  write(buf: Buffer, start: number, end: number): boolean;
  writeScratch(buf: Buffer, start: number, end: number): boolean;
  pause(): void;
  resume(): void;
  /** This side sends nothing more. */
  finish(): void;
  expire(deadline: number): void;
  /** The client owes bytes, or has to read: this timeout (ms) runs. */
  watch(timeout: number): void;
  /** Keeps bytes that came after the request. */
  hold(buf: Buffer, start: number, end: number): void;
  takeHeld(): Buffer | null;
  keepPrivate(conn: ServerConn): void;
  /** A connection of HTTP/2 that is for this client alone. */
  watchPrivate(mux: ServerMux): void;
  /** The exchange is over and the connection goes on. */
  next(): void;
  /** The exchange is over and so is what carried it; see HttpClient.end. */
  end(quiet: boolean, whole?: boolean): void;
}

export interface H2Side {
  /** Sends a head; `status` as it is to be seen. The response of a tunnel is told as 200. */
  sendHead(head: Head, edits: Edits | null, status: number): void;
  /** Nothing more follows, but for trailers: lines `name: value\r\n`, or the trailer section of a chunked message. */
  endMessage(lines: Buffer | null, trailers: Head | null): void;
  /** A rule wants the whole connection gone with this stream; `silent`: without a byte. */
  condemn(silent: boolean): void;
}
