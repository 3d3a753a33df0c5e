/** Persistence by the cookie of the Remote Desktop Protocol (manual, section 4.2: persist rdp-cookie). */
import type { Balancer } from "../balance/types.ts";
import type { Server } from "../proxy/server.ts";
import type { TcpStream } from "./tcp/stream.ts";

/** `ADDRESS.PORT.REST`: IPv4 address and port as numbers whose lowest byte is the first on the wire. */
const VALUE = /^\s*\+?(\d+)\.(\d+)\./;

/** The server a cookie names, as "IP:port"; null when it names none. */
function rdpTarget(cookie: string): string | null {
  const match = VALUE.exec(cookie);
  if (match === null) return null;
  const a = Number(match[1]) >>> 0;
  const p = Number(match[2]) & 0xffff;
  return `${a & 255}.${(a >>> 8) & 255}.${(a >>> 16) & 255}.${a >>> 24}:${((p & 255) << 8) | (p >>> 8)}`;
}

/** A stream without a server so far goes to the one its cookie names, if that is up or `option persist` is set. */
export function persistRdp(stream: TcpStream): void {
  const backend = stream.backend!;
  const name = backend.model.rdpPersist;
  if (name === null || stream.direct !== null) return;
  const cookie = stream.rdpCookie(name);
  const target = cookie === null ? null : rdpTarget(cookie);
  if (target === null) return;
  if (backend.stale) {
    backend.refresh();
    (backend.balancer as Balancer).rebuild();
  }
  for (const server of backend.servers) {
    if (!isAt(server, target)) continue;
    if (!server.up && backend.model.options.persist !== true && !stream.forcePersist) continue;
    stream.direct = server;
    return;
  }
}

function isAt(server: Server, target: string): boolean {
  const { address } = server;
  return (
    address !== null && address.kind === "ip" && address.family === 4 && `${address.ip}:${address.port}` === target
  );
}
