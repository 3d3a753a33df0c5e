import type { Args } from "../../lang/args.ts";
import type { Mode, MuxProto } from "../model.ts";

/** Protocols of HAProxy, and the mode each is for; null = this program does not speak it. */
const modes: Readonly<Record<MuxProto | "fcgi" | "quic", Mode | null>> = {
  h1: "http",
  h2: "http",
  none: "tcp",
  fcgi: null,
  quic: null,
};

/** The argument of `proto` (manual sections 5.1 and 5.2); whether the mode fits is checked once it is known. */
export function takeProto(args: Args, where: string): MuxProto | null {
  const word = args.take("a protocol: h1, h2 or none");
  if (word === null) return null;
  const { text } = word;
  if (!Object.hasOwn(modes, text)) {
    args.error("config/bad-value", word, `'${text}' is not a protocol`, "h1, h2 or none");
    return null;
  }
  if (modes[text as keyof typeof modes] === null) {
    args.error("config/not-supported", word, `'${where} ... proto ${text}' is known to HAProxy, not supported yet`);
    return null;
  }
  return text as MuxProto;
}

/** True when a proxy of this mode can speak the protocol. */
export function protoFits(proto: MuxProto, mode: Mode): boolean {
  return modes[proto] === mode;
}
