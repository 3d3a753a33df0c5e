import type { Address } from "../../model.ts";

/** Bound to every address of the machine. */
export function isAny({ ip }: { readonly ip: string }): boolean {
  return ip === "0.0.0.0" || /^[0:]+$/.test(ip);
}

/** Loopback. */
export function isLocal(address: Address): boolean {
  if (address.kind !== "ip") return true;
  const { ip } = address;
  return ip.startsWith("127.") || (/^[0:]+1$/.test(ip) && ip.includes(":"));
}
