import type { DynamicCookie } from "../expr/changes.ts";
import type { Address, ProxyModel, ServerModel } from "../config/model.ts";
import { parseIp } from "../util/ip.ts";

/**
 * The cookie of a server under `cookie ... dynamic` (manual, section 4.2, dynamic-cookie-key): XXH64 of the key, the IP address and the port
 * as 4 bytes, most significant first, as sixteen hexadecimal digits. Equal in every load balancer that has the same key. Of a port written as an offset it
 * is the offset. Null without an IP address.
 */
export function dynamicCookie(key: string, address: Address | null, written: ServerModel["port"]): string | null {
  if (address === null || address.kind !== "ip") return null;
  const port = Buffer.alloc(4);
  port.writeUInt32BE(written.kind === "offset" ? written.value >>> 0 : address.port);
  const bytes = Buffer.concat([Buffer.from(key, "latin1"), parseIp(address.ip)!, port]);
  return Bun.hash.xxHash64(bytes, 0n).toString(16).padStart(16, "0");
}

/** What the configuration says of dynamic cookies. */
export function configuredCookie({ cookie, dynamicCookieKey }: ProxyModel): DynamicCookie {
  return { dynamic: cookie?.dynamic === true, key: dynamicCookieKey };
}

/** Two configurations that say the same of a backend have the same text. */
export function cookieOrigin(proxy: ProxyModel): string {
  const { dynamic, key } = configuredCookie(proxy);
  return `${dynamic} ${key ?? ""}`;
}
