/** `http-check connect` and `tcp-check connect`. */
import type { Args } from "../../lang/args.ts";
import { textOf } from "../../lang/line.ts";
import { takeProtocols } from "../tls/settings.ts";
import { parseIp } from "../../util/ip.ts";
import { integerOf, takeChoice } from "../../lang/values.ts";
import type { ProxyContext } from "../context.ts";
import type { Draft } from "../draft.ts";
import type { ConnectRule } from "../model.ts";
import { PLAIN_CONNECT } from "../check-script.ts";
import { addLine, misplaced, type Protocol } from "./check-lines.ts";

export const CONNECT_USAGE =
  "[default] [port {<port> | <expr>}] [addr <ip>[:<port>]] [send-proxy] [via-socks4] [ssl] [sni <name>] [alpn <protocols>] [proto <name>] [linger] [comment <text>]";

export function parseConnect(c: ProxyContext, args: Args, protocol: Protocol): void {
  const rule: Draft<ConnectRule> = { ...PLAIN_CONNECT, usesDefaults: false };
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
        rule.tls = true;
        break;
      case "sni": {
        const name = args.take("a name behind 'sni'");
        if (name === null) return;
        rule.sni = name.text;
        break;
      }
      case "alpn":
        if ((rule.alpn = takeProtocols(args)) === null) return void args.rest();
        break;
      case "proto": {
        const proto = takeProto(args, protocol);
        if (proto === null) return void args.rest();
        rule.proto = proto === "none" ? null : proto;
        break;
      }
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

/** What is spoken on the connection: HTTP has two versions to choose from, bytes have nothing. */
function takeProto(args: Args, protocol: Protocol): "h1" | "h2" | "none" | null {
  if (protocol === "tcp") return takeChoice(args, ["none"]);
  const word = args.peek();
  if (word?.text !== "fcgi") return takeChoice(args, ["h1", "h2"]);
  return args.error("config/not-supported", word, "'proto fcgi' is known to HAProxy, not supported yet");
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
  const text = word.text.replace(/^ipv[46]@/, "");
  const bracketed = /^\[(.*)\](?::(\d{1,5}))?$/.exec(text);
  // Without brackets the last colon begins a port.
  const [, ip = "", port = "0"] = bracketed ?? /^(.*):(\d{1,5})$/.exec(text) ?? ["", text.includes(":") ? "" : text];
  if (parseIp(ip) !== null && Number(port) <= 65535) return { ip, port: Number(port) };
  return args.error("config/bad-address", word, `'${word.text}' is not an IP address`, "for instance 127.0.0.1:8080");
}
