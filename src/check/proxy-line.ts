/**
 * The header that goes before a check to a server with `send-proxy` (manual section 5.2, `check-send-proxy`): version 1 names
 * the connection of the check itself, version 2 is the LOCAL command (PROXY protocol, section 2.2).
 */
import type { ServerModel } from "../config/model.ts";

/** Signature, version 2 with command LOCAL, family and length 0. */
const LOCAL: Buffer = Buffer.from("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", "latin1");

/** The two ends of the connection; the addresses are undefined on unix sockets. */
export interface Ends {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** Null: none is due. A check with an address or port of its own talks to something else than the service. */
export function proxyLine({ sendProxy, check }: ServerModel, ends: Ends): Buffer | null {
  if (sendProxy === "none" || check.port !== 0 || check.addr !== null) return null;
  if (sendProxy === "v2") return LOCAL;
  const { localAddress, localPort, remoteAddress, remotePort } = ends;
  if (localAddress === undefined || remoteAddress === undefined) return Buffer.from("PROXY UNKNOWN\r\n");
  const family = remoteAddress.includes(":") ? 6 : 4;
  return Buffer.from(`PROXY TCP${family} ${localAddress} ${remoteAddress} ${localPort} ${remotePort}\r\n`);
}
