import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import { parseAddress, wildcard } from "../address.ts";
import { expandAddress } from "../address-variables.ts";
import type { ProxyContext } from "../context.ts";
import type { ServerDraft } from "../draft.ts";
import type { ParseEnv } from "../env.ts";
import { copyServer } from "../inherit.ts";
import type { Keyword } from "./keyword.ts";
import { TLV_KEYWORD } from "./server-proxy.ts";
import { knownServer } from "./known.ts";
import { type ServerContext, serverParameters } from "./server.ts";
import { BACK, BACK_ONLY } from "./where.ts";

export const serverKeywords: readonly Keyword<ProxyContext>[] = [
  {
    name: "server",
    where: BACK_ONLY,
    misplaced: "error",
    usage: "<name> <address>[:[port]] [parameter ...]",
    help: "Add a server to the backend",
    parse: parseServer,
  },
  {
    name: "server-template",
    where: BACK_ONLY,
    misplaced: "error",
    usage: "<prefix> <count | low-high> <address>[:<port>] [parameter ...]",
    help: "Add numbered servers that share one line",
    parse: parseTemplate,
  },
  {
    name: "default-server",
    where: BACK,
    misplaced: "error",
    usage: "[parameter ...]",
    help: "Parameters for all servers that follow",
    parse: (context, args) => {
      parseParameters({ ...context, server: context.proxy.defaultServer, isDefault: true }, args);
    },
  },
];

function parseServer(context: ProxyContext, args: Args): void {
  const name = args.take("<name> and <address>[:<port>]");
  if (name === null) return;
  const address = args.take("<name> and <address>[:<port>]");
  if (address === null || !goodName(args, name)) return;
  const server = begin(context, name.text, name);
  if (!setAddress(server, args, address, context.env)) return;
  parseParameters({ ...context, server, isDefault: false }, args);
  context.proxy.servers.push(server);
}

function begin(context: ProxyContext, name: string, word: Word): ServerDraft {
  const server = copyServer(context.proxy.defaultServer);
  server.name = name;
  server.at = context.keyword.at;
  server.marks.set("name", word);
  return server;
}

function goodName(args: Args, name: Word): boolean {
  const bad = /[^A-Za-z0-9_:.-]/.exec(name.text);
  if (bad === null) return true;
  args.error(
    "config/bad-name",
    name,
    `'${bad[0]}' is not possible in the server name '${name.text}'`,
    "letters, digits, '-', '_', '.' and ':'",
  );
  return false;
}

/** Fills the address fields. A host name stays in `fqdn` for the resolution at start. */
function setAddress(server: ServerDraft, args: Args, word: Word, { variables }: ParseEnv): boolean {
  server.addressText = expandAddress(word.text, variables);
  server.marks.set("address", word);
  const parsed = parseAddress(word.text, variables);
  if (!parsed.ok) {
    args.error(parsed.unsupported ? "config/not-supported" : "config/bad-address", word, parsed.message);
    return false;
  }
  const { host, port, datagram } = parsed.value;
  if (host.kind === "fd" || datagram) {
    const what = datagram ? "a datagram address" : "a file descriptor";
    args.error("config/bad-address", word, `${what} is not possible for a server: '${word.text}'`);
    return false;
  }
  if (port.kind === "range") {
    args.error("config/bad-address", word, `a port range is not possible for a server: '${word.text}'`);
    return false;
  }
  if (host.kind === "unix" || host.kind === "abns") {
    server.address = host;
    server.port = { kind: "fixed", value: 0 };
    return true;
  }
  server.port = port.kind === "fixed" ? port : { kind: "offset", value: port.kind === "offset" ? port.value : 0 };
  const number = port.kind === "fixed" ? port.value : 0;
  if (host.kind === "name") {
    server.fqdn = host.name;
    server.fqdnFamily = host.family;
  } else if (host.kind === "any") server.address = wildcard(host.family, number);
  else server.address = { kind: "ip", family: host.family, ip: host.ip, port: number };
  return true;
}

function parseParameters(context: ServerContext, args: Args): void {
  for (let word = args.next(); word !== null; word = args.next()) {
    // The only one with parentheses.
    const name = word.text.startsWith(`${TLV_KEYWORD}(`) ? TLV_KEYWORD : word.text;
    const row = serverParameters.get(name);
    if (row !== undefined) {
      const sub = args.sub(word, row.name, row.usage);
      row.parse(context, sub);
      args.index = sub.index;
      if (row.noEffect !== undefined) {
        args.warn("config/no-effect", word, `'${row.name}' has no effect here: ${row.noEffect}`);
      }
      continue;
    }
    const skip = knownServer.get(word.text);
    if (skip !== undefined) {
      args.error("config/not-supported", word, `'server ... ${word.text}' is known to HAProxy, not supported yet`);
      for (let i = skip; i > 0; i--) args.next();
      continue;
    }
    const near = serverParameters.suggest(word.text, [...knownServer.keys()]);
    args.error(
      "config/unknown-keyword",
      word,
      `'${context.isDefault ? "default-server" : "server"}' has no parameter '${word.text}'`,
      near === null ? undefined : `did you mean '${near}'?`,
    );
    args.rest();
    return;
  }
}

function parseTemplate(context: ProxyContext, args: Args): void {
  const prefix = args.take("a name prefix");
  if (prefix === null) return;
  const range = args.take("a number of servers");
  if (range === null) return;
  const address = args.take("an address");
  if (address === null || !goodName(args, prefix)) return;
  const match = /^(\d+)(?:-(\d+))?$/.exec(range.text);
  const low = match?.[2] === undefined ? 1 : Number(match[1]);
  const high = match?.[2] === undefined ? Number(match?.[1] ?? 0) : Number(match[2]);
  if (match === null || low < 1 || high < low || high - low >= 65536) {
    args.error(
      "config/bad-value",
      range,
      `'${range.text}' is not a number of servers`,
      "a count such as 3, or a range such as 1-3",
    );
    return;
  }
  const template = begin(context, prefix.text, prefix);
  if (!setAddress(template, args, address, context.env)) return;
  parseParameters({ ...context, server: template, isDefault: false }, args);
  for (let i = low; i <= high; i++) {
    const server = copyServer(template);
    server.name = `${prefix.text}${i}`;
    if (template.id !== 0) server.id = template.id + i - low;
    context.proxy.servers.push(server);
  }
}
