/** `http-check connect` and `tcp-check connect`. */
import type { Args } from "../../lang/args.ts";
import { textOf } from "../../lang/line.ts";
import { parseIp } from "../../util/ip.ts";
import { integerOf } from "../../lang/values.ts";
import type { ProxyContext } from "../context.ts";
import type { Draft } from "../draft.ts";
import type { ConnectRule } from "../model.ts";
import { addLine, misplaced, type Protocol } from "./check-lines.ts";

export const CONNECT_USAGE =
  "[default] [port {<port> | <expr>}] [addr <ip>[:<port>]] [send-proxy] [via-socks4] [linger] [comment <text>]";

export function parseConnect(c: ProxyContext, args: Args, protocol: Protocol): void {
  const rule: Draft<ConnectRule> = {
    kind: "connect",
    step: 0,
    comment: null,
    usesDefaults: false,
    port: null,
    addr: null,
    sendProxy: false,
    viaSocks4: false,
    linger: false,
  };
  const wrong = misplaced(c, protocol, "connect");
  if (wrong !== null) {
    args.rest();
    return void args.error("config/bad-order", args.keyword, wrong);
  }
  for (let word = args.next(); word !== null; word = args.next()) {
    switch (word.text) {
      case "default":
        rule.usesDefaults = true;
        break;
      case "linger":
        rule.linger = true;
        break;
      case "send-proxy":
        rule.sendProxy = true;
        break;
      case "via-socks4":
        rule.viaSocks4 = true;
        break;
      case "comment": {
        const text = args.take("a text behind 'comment'");
        if (text === null) return;
        rule.comment = text.text;
        break;
      }
      case "port":
        if ((rule.port = takePort(args)) === null) return void args.rest();
        break;
      case "addr":
        if ((rule.addr = takeAddress(args)) === null) return void args.rest();
        break;
      case "ssl":
      case "sni":
      case "alpn":
      case "proto":
        args.rest();
        args.error("config/not-supported", word, `'${args.label} ${word.text}' is known to HAProxy, not supported yet`);
        return;
      default:
        args.rest();
        args.error(
          "config/bad-value",
          word,
          `'${args.label}' has no parameter '${word.text}'`,
          `usage: ${args.label} ${args.usage}`,
        );
        return;
    }
  }
  addLine(c, protocol, args.keyword, rule);
  if (protocol === "http" && typeof rule.port === "number" && c.proxy.httpCheck.connectPort === 0) {
    c.proxy.httpCheck = { ...c.proxy.httpCheck, connectPort: rule.port };
    if (c.proxy.check.kind === "http") c.proxy.check = c.proxy.httpCheck;
  }
}

/** A number, or an expression that yields one. */
function takePort(args: Args): ConnectRule["port"] {
  const word = args.take("a port behind 'port'");
  if (word === null) return null;
  return /^\d/.test(word.text) ? integerOf(args, word, { min: 1, max: 65535 }) : textOf(word);
}

function takeAddress(args: Args): ConnectRule["addr"] {
  const word = args.take("an address behind 'addr'");
  if (word === null) return null;
  const match = /^(?:ipv[46]@)?(.*?)(?::(\d{1,5}))?$/.exec(word.text)!;
  const bracketed = /^\[(.*)\]$/.exec(match[1]!)?.[1];
  for (const [ip, port] of [
    [word.text, "0"],
    [bracketed ?? match[1]!, match[2] ?? "0"],
  ] as const) {
    if (parseIp(ip) !== null && Number(port) <= 65535) return { ip, port: Number(port) };
  }
  return args.error("config/bad-address", word, `'${word.text}' is not an IP address`, "for instance 127.0.0.1:8080");
}
