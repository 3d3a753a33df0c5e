import type { Phase } from "./sample.ts";

/** What a fetch depends on, as HAProxy classes it; each class is available at certain places of a stream's life. */
export type Use =
  | "const" // nothing
  | "internal" // state of the process
  | "client-l4" // the client's connection
  | "client-l5" // the client's session
  | "frontend" // the frontend
  | "request-head" // request headers, gone once they are sent
  | "request-head-kept" // facts of the request that are kept until the end
  | "request-body"
  | "backend" // the backend chosen
  | "server" // the server chosen
  | "server-l4" // the server's connection
  | "server-l5"
  | "response-head"
  | "response-head-kept"
  | "response-body"
  | "request-final" // totals of the request
  | "response-final"
  | "transaction-final"
  | "session-final";
