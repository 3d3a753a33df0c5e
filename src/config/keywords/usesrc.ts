import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import { parseAddress } from "../address.ts";
import type { ParseEnv } from "../env.ts";
import type { SourceModel } from "../model.ts";

const HEADER = /^hdr_ip\(([^,()]+)(?:,(-?\d+))?\)$/;

/** What stands behind `usesrc` (manual, section 4.2, source): whose address servers are to see. Null after a complaint. */
export function takeUsesrc(
  { variables }: ParseEnv,
  args: Args,
  keyword: Word,
): NonNullable<SourceModel["usesrc"]> | null {
  const word = args.next();
  if (word === null || word.text === "") {
    const message = `'${args.label} … usesrc' expects <address>, 'client', 'clientip' or 'hdr_ip(<name>[,<n>])'`;
    return args.error("config/missing-argument", word ?? keyword, message);
  }
  if (word.text === "client" || word.text === "clientip") return { kind: word.text };
  if (word.text.startsWith("hdr_ip(")) {
    const [, name, occurrence] = HEADER.exec(word.text) ?? [];
    if (name === undefined) return args.error("config/bad-value", word, "'usesrc' expects 'hdr_ip(<name>[,<n>])'");
    return { kind: "header", name: name.trim().toLowerCase(), occurrence: Number(occurrence ?? -1) };
  }
  const parsed = parseAddress(word.text, variables);
  if (!parsed.ok) return args.error("config/bad-address", word, parsed.message);
  const { host, port } = parsed.value;
  if (host.kind !== "ip" || (port.kind !== "fixed" && port.kind !== "none")) {
    return args.error("config/bad-address", word, `'${word.text}' is not an IP address, with a port or without one`);
  }
  return { kind: "address", ip: host.ip, port: port.kind === "fixed" ? port.value : 0 };
}
