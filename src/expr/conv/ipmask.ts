/** ipmask (manual, section 7.3.1). */
import type { ConverterRow } from "../converter.ts";
import { optional, required } from "./row.ts";

/** ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2): an IPv4 address for whoever asks for one. */
function isMapped(address: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false;
  return address[10] === 255 && address[11] === 255;
}

export const ipmask: ConverterRow = {
  name: "ipmask",
  args: [required("mask4", "mask4"), optional("mask6", "mask6")],
  in: "addr",
  out: "addr",
  declared: "ipv4",
  help: "Clears the host bits of an address; IPv6 addresses need a mask of their own.",
  make(args) {
    const mask4 = args[0]!.bytes!;
    const mask6 = args[1]?.bytes ?? null;
    const masked4 = (address: Uint8Array, at: number): Uint8Array => {
      const out = new Uint8Array(4);
      for (let i = 0; i < 4; i++) out[i] = address[at + i]! & mask4[i]!;
      return out;
    };
    return (value) => {
      const address = value as Uint8Array;
      if (address.length === 4) return masked4(address, 0);
      if (isMapped(address)) return masked4(address, 12);
      if (mask6 === null) return null;
      const out = new Uint8Array(16);
      for (let i = 0; i < 16; i++) out[i] = address[i]! & mask6[i]!;
      return out;
    };
  },
};
