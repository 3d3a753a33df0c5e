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

/** Whether checks of this server begin with a header: one with an address or port of its own talks to something else than the service. */
export function checkSendsProxy({ sendProxy, checkSendProxy, check }: ServerModel): boolean {
  return checkSendProxy || (sendProxy !== "none" && check.port === 0 && check.addr === null);
}

/** Null: none is due. */
export function proxyLine(model: ServerModel, ends: Ends): Buffer | null {
  const { sendProxy } = model;
  if (!checkSendsProxy(model)) return null;
  if (sendProxy === "v2") return LOCAL;
  const { localAddress, localPort, remoteAddress, remotePort } = ends;
  if (localAddress === undefined || remoteAddress === undefined) return Buffer.from("PROXY UNKNOWN\r\n");
  const family = remoteAddress.includes(":") ? 6 : 4;
  return Buffer.from(`PROXY TCP${family} ${localAddress} ${remoteAddress} ${localPort} ${remotePort}\r\n`);
}
