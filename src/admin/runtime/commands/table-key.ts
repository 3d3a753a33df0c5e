import type { KeyValue } from "../../../table/key.ts";
import type { Table } from "../../../table/table.ts";
import { parseIp } from "../../../util/ip.ts";

const verbs = { show: "Showing keys from", set: "Inserting keys into", clear: "Removing keys from" } as const;

/** The key a word means in a table. */
export function readKey({ model }: Table, text: string, action: keyof typeof verbs): KeyValue | { error: string } {
  switch (model.keyType) {
    case "ip":
      return readIpv4(text);
    case "ipv6": {
      const bytes = parseIp(text);
      return bytes?.length === 16 ? bytes : new Uint8Array(16);
    }
    case "integer":
      return readInteger(text) ?? { error: "Invalid key" };
    case "string":
      // As bytes: that is how they came.
      return Buffer.from(text, "utf8").toString("latin1");
    case "binary":
      return { error: `${verbs[action]} tables of type other than ip, ipv6, string and integer is not supported` };
  }
}

/** As HAProxy reads it, up to the first character that can be in no address; numbers that are missing are 0. */
function readIpv4(text: string): Uint8Array {
  const numbers = /^[\d.]*/.exec(text)![0].split(".");
  return Uint8Array.from({ length: 4 }, (_, i) => Number((numbers[i] ?? "").slice(-3)));
}

/** 32 bits, as by strtoul(3): a negative number wraps around in 64 bits and is then too large, and what follows is not looked at. */
function readInteger(text: string): number | null {
  const match = /^\s*\+?(\d+)/.exec(text);
  const value = match === null ? Infinity : Number(match[1]);
  return value <= 0xffffffff ? value : null;
}
