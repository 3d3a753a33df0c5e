import type { Backend } from "../proxy/backend.ts";
import type { Server } from "../proxy/server.ts";
import type { Stream } from "./stream.ts";

/** One event on every proxy the stream got to: its frontend, its backend and its server. */
export function countOnPath(stream: Stream, column: number): void {
  const { frontend, backend, server } = stream;
  const { slab } = frontend;
  slab[frontend.base + column]!++;
  if (backend !== null) slab[backend.base + column]!++;
  if (server !== null) slab[server.base + column]!++;
}

/** One event of a server and of the backend it serves. */
export function countOnServer(server: Server, backend: Backend, column: number): void {
  const { slab } = server;
  slab[server.base + column]!++;
  slab[backend.base + column]!++;
}
