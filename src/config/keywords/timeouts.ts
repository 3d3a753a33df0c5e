import type { Args } from "../../lang/args.ts";
import type { ProxyContext } from "../context.ts";
import type { Timeouts } from "../model.ts";
import { takeTime } from "../../lang/values.ts";
import { type Keyword, KeywordTable, type Where } from "./keyword.ts";

const FRONT = ["defaults", "frontend", "listen"] as const;
const BACK = ["defaults", "listen", "backend"] as const;
const BOTH = ["defaults", "frontend", "listen", "backend"] as const;

function timeout(name: string, field: keyof Timeouts, where: readonly Where[], help: string): Keyword<ProxyContext> {
  return {
    name,
    where,
    usage: "<time>",
    help,
    parse: (context, args) => {
      const value = takeTime(args);
      if (value === null) return;
      const { proxy } = context;
      if (!where.includes(proxy.kind)) {
        const side = where === FRONT ? "frontend" : "backend";
        args.warn(
          "config/ignored-here",
          args.keyword,
          `'timeout ${name}' is ignored: ${proxy.kind} '${proxy.name}' has no ${side} side`,
        );
        return;
      }
      proxy.timeouts = { ...proxy.timeouts, [field]: value };
      proxy.marks.set(`timeout ${name}`, args.keyword);
    },
  };
}

/** `timeout NAME <time>` (manual section 4.2); milliseconds when no unit is written. */
export const timeouts = new KeywordTable<ProxyContext>("timeout", [
  [
    timeout("check", "check", BACK, "Longest wait for the answer to a health check once connected"),
    timeout("client", "client", FRONT, "Longest silence on the client side"),
    timeout("client-fin", "clientFin", FRONT, "Longest silence of a half-closed client"),
    timeout("connect", "connect", BACK, "Longest wait for a server connection"),
    timeout("http-keep-alive", "httpKeepAlive", BOTH, "Longest wait for the next request"),
    timeout("http-request", "httpRequest", BOTH, "Longest wait for complete request headers"),
    timeout("queue", "queue", BACK, "Longest wait for a free server slot"),
    timeout("server", "server", BACK, "Longest silence on the server side"),
    timeout("server-fin", "serverFin", BACK, "Longest silence of a half-closed server"),
    timeout("tarpit", "tarpit", BOTH, "How long a tarpitted connection is held"),
    timeout("tunnel", "tunnel", BACK, "Longest silence in both directions of a tunnel"),
  ],
]);

export const timeoutKeyword: Keyword<ProxyContext> = {
  name: "timeout",
  where: BOTH,
  usage: `<name> <time>`,
  help: "Set one of the timeouts",
  parse: parseTimeout,
};

function parseTimeout(context: ProxyContext, args: Args): void {
  const name = args.take(`one of ${timeouts.names().join(", ")}`);
  if (name === null) return;
  const row = timeouts.get(name.text);
  if (row === undefined) {
    const near = timeouts.suggest(name.text);
    args.error(
      "config/unknown-keyword",
      name,
      `there is no timeout '${name.text}'`,
      near === null ? `one of ${timeouts.names().join(", ")}` : `did you mean 'timeout ${near}'?`,
    );
    args.rest();
    return;
  }
  const inner = args.sub(name, `timeout ${row.name}`, row.usage);
  if (row.noEffect !== undefined) {
    args.warn("config/no-effect", name, `'timeout ${row.name}' has no effect here: ${row.noEffect}`);
  }
  row.parse(context, inner);
  if (inner.index > args.index) inner.end();
  args.rest();
}
