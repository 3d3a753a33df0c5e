import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";
import type { KeepaliveModel } from "../model.ts";
import { takeInteger, takeTime } from "../../lang/values.ts";
import type { Keyword } from "./keyword.ts";
import { BACK, FRONT } from "./where.ts";

type Row = Keyword<ProxyContext>;

/** What the kernel takes (tcp(7)): more is refused, and the system's setting stays. */
const MOST = { count: 127, idle: 32767, interval: 32767 } as const;

const USAGE = { count: "<count>", idle: "<time>", interval: "<time>" } as const;

/** Whole seconds, rounded up, as HAProxy does. */
function takeSeconds(args: Args): number | null {
  const ms = takeTime(args, "s");
  return ms === null ? null : Math.ceil(ms / 1000);
}

function row(
  side: "clientKeepalive" | "serverKeepalive",
  suffix: "cnt" | "idle" | "intvl",
  field: keyof KeepaliveModel,
  help: string,
): Row {
  const client = side === "clientKeepalive";
  return {
    name: `${client ? "cli" : "srv"}tcpka-${suffix}`,
    where: client ? FRONT : BACK,
    usage: USAGE[field],
    help: `${help} (with option ${client ? "clitcpka" : "srvtcpka"} or tcpka)`,
    extra: "warning",
    parse: (c, args) => {
      const value = field === "count" ? takeInteger(args, { min: -2147483648 }) : takeSeconds(args);
      if (value === null) return;
      if (value < 0 || value > MOST[field]) {
        const word = args.words[args.index - 1]!;
        args.warn("config/no-effect", word, `'${word.text}' has no effect: the kernel takes 1 to ${MOST[field]}`);
        return;
      }
      c.proxy[side] = { ...c.proxy[side], [field]: value };
    },
  };
}

/** How TCP looks whether a silent peer is still there (manual section 4.2). */
export const keepaliveKeywords: readonly Row[] = [
  row("clientKeepalive", "cnt", "count", "Probes without an answer before a client counts as gone"),
  row("clientKeepalive", "idle", "idle", "Seconds of silence before a client is probed"),
  row("clientKeepalive", "intvl", "interval", "Seconds between probes of a client"),
  row("serverKeepalive", "cnt", "count", "Probes without an answer before a server counts as gone"),
  row("serverKeepalive", "idle", "idle", "Seconds of silence before a server is probed"),
  row("serverKeepalive", "intvl", "interval", "Seconds between probes of a server"),
];
