/**
 * The header that goes before a check to a server with `send-proxy` (manual section 5.2, `check-send-proxy`): version 1 names
 * the connection of the check itself, version 2 is the LOCAL command (PROXY protocol, section 2.2), or with pp2-never-send-local names it too.
 */
import { Tlv } from "../codec/proxy-protocol/header.ts";
import { type TextEnd, writeBinary, writeLine } from "../codec/proxy-protocol/write.ts";
import type { ServerModel } from "../config/model.ts";
import { parseIp } from "../util/ip.ts";

/** What servers are told of the client's TLS: a check has none. */
const NO_TLS = { type: Tlv.ssl, value: new Uint8Array(5) } as const;

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
export function proxyLine(model: ServerModel, ends: Ends, neverLocal: boolean): Buffer | null {
  return checkSendsProxy(model) ? proxyHeader(model, ends, neverLocal) : null;
}

/** The header in the version of the server, 1 when it has none. */
export function proxyHeader({ sendProxy, proxyOptions }: ServerModel, ends: Ends, neverLocal: boolean): Buffer {
  const source = end(ends.localAddress, ends.localPort);
  const destination = end(ends.remoteAddress, ends.remotePort);
  if (sendProxy !== "v2") return writeLine(source, destination);
  const tlvs = proxyOptions.includes("ssl") ? [NO_TLS] : [];
  const checksum = proxyOptions.includes("crc32c");
  return writeBinary(neverLocal ? source : null, neverLocal ? destination : null, tlvs, checksum);
}

function end(address: string | undefined, port: number | undefined): TextEnd | null {
  return address === undefined ? null : { address, bytes: parseIp(address), port: port ?? 0 };
}
