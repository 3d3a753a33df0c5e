import { type SockAddr, sockAddr } from "../ffi/sockaddr.ts";
import type { ServerPool } from "../server/pool.ts";
import type { Stream } from "./stream.ts";

function originalDestination({ destination, client }: Stream): SockAddr | null {
  const { address: ip, port } = destination ?? client.destination;
  return sockAddr({ kind: "ip", family: ip.includes(":") ? 6 : 4, ip, port });
}

/**
 * Where to connect for this client: the server's address, with the client's destination port added for servers declared
 * without a fixed port (manual, section 5.1, `<address>[:[port]]`). Null: the address is not known (yet).
 */
export function connectAddress(pool: ServerPool, stream: Stream): SockAddr | null {
  const { server } = pool;
  const { port } = server.model;
  const { address } = server;
  // `option transparent`: where the client wanted to go.
  if (address === null && server.index < 0) {
    return stream.frontendAddress === "unix" ? null : originalDestination(stream);
  }
  if (port.kind === "fixed" || address === null || address.kind !== "ip") return pool.address;
  return sockAddr({ ...address, port: (stream.frontendPort + port.value) & 0xffff });
}
