import type { Args } from "../../lang/args.ts";
import { parseAddress } from "../address.ts";
import type { ParseEnv } from "../env.ts";
import type { SourceModel } from "../model.ts";
import { takeUsesrc } from "./usesrc.ts";

/** `<address>[:<port>] [usesrc <whom>] [interface <name>]`, for `source` of a backend and of a server. Null after a complaint. */
export function takeSource(env: ParseEnv, args: Args): SourceModel | null {
  const word = args.take("an address to connect from");
  if (word === null) return null;
  const parsed = parseAddress(word.text, env.variables);
  if (!parsed.ok) return args.error("config/bad-address", word, parsed.message);
  const { host, port } = parsed.value;
  let ip: string | null = null;
  switch (host.kind) {
    case "any":
      break;
    case "ip":
      ip = host.ip;
      break;
    case "name": {
      const found = env.resolve?.(host.name, host.family) ?? null;
      if (found === null) {
        return args.error("config/unresolved-name", word, `'${host.name}' does not resolve to an address`);
      }
      ip = found.ip;
      break;
    }
    default:
      return args.error("config/bad-address", word, `'${word.text}' is not an IP address`);
  }
  if (port.kind === "range") {
    return args.error("config/not-supported", word, "a range of source ports is known to HAProxy, not supported yet");
  }
  if (port.kind === "offset") return args.error("config/bad-address", word, "a port offset is not possible here");
  let device: string | null = null;
  let usesrc: SourceModel["usesrc"] = null;
  for (let next = args.peek(); next !== null; next = args.peek()) {
    if (next.text === "interface") {
      args.next();
      const name = args.take("the name of an interface");
      if (name === null) return null;
      device = name.text;
    } else if (next.text === "usesrc") {
      args.next();
      usesrc = takeUsesrc(env, args, next);
      if (usesrc === null) return null;
    } else break;
  }
  return { ip, port: port.kind === "fixed" ? port.value : 0, interface: device, usesrc };
}
