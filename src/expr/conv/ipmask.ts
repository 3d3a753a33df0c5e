/** ipmask (manual, section 7.3.1). */
import type { ConverterRow } from "../converter.ts";
import { optional, required } from "./row.ts";

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
    return (value) => {
      const address = value as Uint8Array;
      if (address.length === 4) {
        const out = new Uint8Array(4);
        for (let i = 0; i < 4; i++) out[i] = address[i]! & mask4[i]!;
        return out;
      }
      if (mask6 === null) return null;
      const out = new Uint8Array(16);
      for (let i = 0; i < 16; i++) out[i] = address[i]! & mask6[i]!;
      return out;
    };
  },
};
