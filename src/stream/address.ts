import { type SockAddr, sockAddr } from "../ffi/sockaddr.ts";
import type { ServerPool } from "../server/pool.ts";
import type { ClientConn } from "./client.ts";

function originalDestination({ localAddress, localPort }: ClientConn): SockAddr | null {
  const ip = localAddress.startsWith("::ffff:") && localAddress.includes(".") ? localAddress.slice(7) : localAddress;
  return sockAddr({ kind: "ip", family: ip.includes(":") ? 6 : 4, ip, port: localPort });
}

/**
 * Where to connect for this client: the server's address, with the client's destination port added for servers declared
 * without a fixed port (manual, section 5.1, `<address>[:[port]]`). Null: the address is not known (yet).
 */
export function connectAddress(pool: ServerPool, client: ClientConn): SockAddr | null {
  const { server } = pool;
  const { port } = server.model;
  const { address } = server;
  // `option transparent`: where the client wanted to go.
  if (address === null && server.index < 0) return client.unix ? null : originalDestination(client);
  if (port.kind === "fixed" || address === null || address.kind !== "ip") return pool.address;
  return sockAddr({ ...address, port: (client.localPort + port.value) & 0xffff });
}
