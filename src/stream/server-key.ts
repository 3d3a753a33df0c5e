import type { Address } from "../config/model.ts";
import { addressText } from "../expr/cast.ts";
import type { Server } from "../proxy/server.ts";
import { parseIp } from "../util/ip.ts";

/** Made once for each address a server has had. */
const texts = new WeakMap<Address, string>();

/** What tells a server apart in stick tables with `srvkey addr`: ADDRESS:PORT as it is reached now, or the path of its socket. */
export function serverKey({ address, model }: Server): string {
  if (address === null) return model.addressText;
  const known = texts.get(address);
  if (known !== undefined) return known;
  const text = textOf(address, model.addressText);
  texts.set(address, text);
  return text;
}

function textOf(address: Address, written: string): string {
  if (address.kind === "unix") return address.path;
  if (address.kind !== "ip") return written;
  const bytes = parseIp(address.ip);
  return `${bytes === null ? address.ip : addressText(bytes)}:${address.port}`;
}
