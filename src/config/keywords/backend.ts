import type { Args } from "../../lang/args.ts";
import { parseAddress, wildcard } from "../address.ts";
import type { ProxyContext } from "../context.ts";
import type { Address, RetryCondition } from "../model.ts";
import { takeChoice, takeInteger } from "../../lang/values.ts";
import { cookieKeyword } from "./cookie.ts";
import type { Keyword } from "./keyword.ts";
import { takeSource } from "./source.ts";
import { BACK, BACK_ONLY, BOTH } from "./where.ts";

type Row = Keyword<ProxyContext>;

const RETRY_CONDITIONS: readonly RetryCondition[] = [
  "none",
  "conn-failure",
  "empty-response",
  "junk-response",
  "response-timeout",
  "0rtt-rejected",
  "401",
  "403",
  "404",
  "408",
  "425",
  "500",
  "501",
  "502",
  "503",
  "504",
];

/** What `retry-on all-retryable-errors` stands for (manual section 4.2). */
const ALL_RETRYABLE: readonly RetryCondition[] = [
  "conn-failure",
  "empty-response",
  "junk-response",
  "response-timeout",
  "0rtt-rejected",
  "500",
  "502",
  "503",
  "504",
];

/** Keywords of the server side of a proxy. */
export const backendKeywords: readonly Row[] = [
  cookieKeyword,
  {
    name: "dynamic-cookie-key",
    where: BACK,
    usage: "<key>",
    help: "Secret that the cookies of 'cookie ... dynamic' are made from",
    parse: (c, args) => {
      const word = args.take("a secret key");
      if (word?.text === "") args.error("config/missing-argument", word, "'dynamic-cookie-key' expects a secret key");
      else if (word !== null) c.proxy.dynamicCookieKey = word.text;
      args.ignoreRest();
    },
  },
  {
    name: "fullconn",
    where: BACK,
    usage: "<count>",
    help: "Load of the backend at which servers reach their maxconn",
    parse: (c, args) => {
      c.proxy.fullconn = takeInteger(args, { lax: true }) ?? c.proxy.fullconn;
    },
  },
  {
    name: "retries",
    where: BACK,
    usage: "<count>",
    help: "Attempts to connect after the first one failed",
    parse: (c, args) => {
      const value = takeInteger(args, { min: -2147483648, lax: true });
      if (value !== null) c.proxy.retries = Math.max(value, 0);
      c.proxy.marks.set("retries", args.keyword);
    },
  },
  {
    name: "retry-on",
    where: BACK,
    misplaced: "error",
    usage: "<condition> ...",
    help: "What counts as a failure worth another attempt",
    parse: parseRetryOn,
  },
  {
    name: "http-reuse",
    where: BACK,
    usage: "never | safe | aggressive | always",
    help: "When idle server connections serve other clients",
    parse: (c, args) => {
      c.proxy.httpReuse = takeChoice(args, ["never", "safe", "aggressive", "always"]) ?? c.proxy.httpReuse;
    },
  },
  {
    name: "max-keep-alive-queue",
    where: BACK,
    usage: "<count>",
    help: "Queue of a server above which its connection is given up for another server; -1 is never",
    extra: "warning",
    parse: (c, args) => {
      c.proxy.maxKeepAliveQueue = takeInteger(args, { min: -2147483648 }) ?? c.proxy.maxKeepAliveQueue;
    },
  },
  {
    name: "persist",
    where: BACK,
    usage: "rdp-cookie[(<name>)]",
    help: "Clients go to the server whose address is in their RDP cookie",
    parse: (c, args) => {
      const word = args.take("rdp-cookie[(<name>)]");
      if (word === null) return;
      const match = /^rdp-cookie(?:\(([^)]+)\).*)?$/s.exec(word.text);
      if (match === null)
        args.error("config/bad-value", word, `'persist' expects rdp-cookie or rdp-cookie(<name>), not '${word.text}'`);
      else c.proxy.rdpPersist = (match[1] ?? "msts").toLowerCase();
    },
  },
  {
    name: "dispatch",
    where: BACK_ONLY,
    misplaced: "warning",
    usage: "<address>:<port>",
    help: "One address for everything that no server takes",
    parse: (c, args) => {
      const address = takeDestination(c, args);
      if (address === null) return;
      c.proxy.dispatch = address;
      c.proxy.marks.set("dispatch", args.keyword);
    },
  },
  {
    name: "source",
    where: BACK,
    usage: "<address>[:<port>] [interface <name>]",
    help: "Local address to connect to servers from",
    parse: (c, args) => {
      c.proxy.source = takeSource(c.env, args) ?? c.proxy.source;
    },
  },
  {
    name: "http-send-name-header",
    where: BACK,
    usage: "<header>",
    help: "Tell the server its name in this header",
    extra: "warning",
    parse: (c, args) => {
      const word = args.take("the name of a header");
      if (word !== null) c.proxy.sendNameHeader = word.text.toLowerCase();
    },
  },
  {
    name: "transparent",
    where: BACK,
    usage: "",
    help: "Connect to the address the client asked for",
    deprecated: "write 'option transparent'",
    parse: (c) => {
      c.proxy.options.transparent = true;
      c.proxy.marks.set("option transparent", c.keyword);
    },
  },
  {
    name: "bind-process",
    where: BOTH,
    usage: "<set>",
    help: "Processes this proxy runs in (old)",
    noEffect: "every worker runs every proxy",
    parse: (_, args) => void args.rest(),
  },
];

function parseRetryOn(c: ProxyContext, args: Args): void {
  const conditions = new Set<RetryCondition>();
  if (args.take("at least one condition") === null) return;
  args.index--;
  for (const word of args.rest()) {
    if (word.text === "all-retryable-errors") {
      for (const condition of ALL_RETRYABLE) conditions.add(condition);
      continue;
    }
    const condition = RETRY_CONDITIONS.find((known) => known === word.text);
    if (condition === undefined) {
      args.error(
        "config/bad-value",
        word,
        `'retry-on' does not know '${word.text}'`,
        `one of ${RETRY_CONDITIONS.join(", ")}`,
      );
      return;
    }
    if (condition === "none" && args.words.length > 1) {
      args.error("config/bad-value", word, "'none' must stand alone");
      return;
    }
    conditions.add(condition);
  }
  c.proxy.retryOn = [...conditions];
}

/** An address to connect to, with its port. */
export function takeDestination(c: ProxyContext, args: Args): Address | null {
  const word = args.take("<address>:<port>");
  if (word === null) return null;
  const parsed = parseAddress(word.text, c.env.variables);
  if (!parsed.ok)
    return args.error(parsed.unsupported ? "config/not-supported" : "config/bad-address", word, parsed.message);
  const { host, port } = parsed.value;
  if (host.kind === "unix" || host.kind === "abns") return host;
  if (host.kind === "fd") return args.error("config/bad-address", word, "a file descriptor is not possible here");
  if (port.kind !== "fixed") return args.error("config/missing-port", word, `one port is needed in '${word.text}'`);
  if (host.kind === "any") return wildcard(host.family, port.value);
  if (host.kind === "ip") return { kind: "ip", family: host.family, ip: host.ip, port: port.value };
  const found = c.env.resolve?.(host.name, host.family) ?? null;
  if (found === null)
    return args.error("config/unresolved-name", word, `'${host.name}' does not resolve to an address`);
  return { kind: "ip", family: found.family, ip: found.ip, port: port.value };
}
