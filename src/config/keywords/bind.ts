import { plainBind } from "../plain.ts";
import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import { parseAddress, wildcard } from "../address.ts";
import type { ProxyContext } from "../context.ts";
import type { BindDraft, GlobalDraft } from "../draft.ts";
import type { Address } from "../model.ts";
import { takeChoice, takeInteger, takeTime } from "../../lang/values.ts";
import { newBindTls } from "../tls/draft.ts";
import { type Keyword, KeywordTable } from "./keyword.ts";
import { bindTlsRows } from "./bind-tls.ts";
import { knownBind } from "./known.ts";
import { FRONT_ONLY } from "./where.ts";
import { takeProto } from "./proto.ts";
import { takeGroup, takeMode, takeUser } from "./socket-owner.ts";
import { row } from "./bind-row.ts";

/** What a parameter of a `bind` line changes: the settings all addresses of the line share. */
export interface BindContext extends ProxyContext {
  readonly bind: BindDraft;
  /** How many sockets the line opens: an id can be given only to one. */
  readonly sockets: number;
}

const RUNTIME_ONLY = "only sockets of the runtime API have it: see 'stats socket'";

/** Parameters of `bind` (manual section 5.1). */
export const bindParameters = new KeywordTable<BindContext>("bind", [
  bindTlsRows,
  [
    row("accept-netscaler-cip", "<magic number>", "Connections begin with a NetScaler Client IP header", (c, args) => {
      const magic = takeInteger(args, { lax: true });
      if (magic === null) return;
      c.bind.acceptNetscaler = true;
      c.bind.netscalerMagic = magic >>> 0;
    }),
    row("accept-proxy", "", "Connections begin with a PROXY header", (c) => {
      c.bind.acceptProxy = true;
    }),
    row("backlog", "<count>", "Length of the kernel's accept queue", (c, args) => {
      c.bind.backlog = takeInteger(args, { lax: true }) ?? c.bind.backlog;
    }),
    row("defer-accept", "", "Wake up only when data has arrived", (c) => {
      c.bind.deferAccept = true;
    }),
    row("gid", "<gid>", "Numeric group of a UNIX socket", (c, args) => {
      c.bind.gid = takeInteger(args) ?? c.bind.gid;
    }),
    row("group", "<group>", "Group of a UNIX socket", (c, args) => {
      c.bind.gid = takeGroup(c.env, args) ?? c.bind.gid;
    }),
    row("id", "<id>", "Number of the listener in statistics", parseId),
    row("interface", "<name>", "Accept only from this network interface", (c, args) => {
      c.bind.interface = args.take("the name of an interface")?.text ?? null;
    }),
    row("maxconn", "<count>", "Connection limit of this listener", (c, args) => {
      c.bind.maxconn = takeInteger(args, { lax: true }) ?? c.bind.maxconn;
    }),
    row("mode", "<mode>", "Octal permissions of a UNIX socket", (c, args) => {
      c.bind.mode = takeMode(args) ?? c.bind.mode;
    }),
    row("mss", "<bytes>", "Maximum segment size; negative: relative to the advertised one", (c, args) => {
      const value = takeInteger(args, { min: -65535, max: 65535 });
      const word = args.words[args.index - 1]!;
      if (value === 0) args.error("config/out-of-range", word, "'mss' cannot be 0");
      else c.bind.mss = value ?? c.bind.mss;
      if (value !== null && value < 0) {
        args.warn("config/no-effect", word, "a negative 'mss' has no effect here: give the size itself");
      }
    }),
    row("name", "<name>", "Name of the listener in statistics", (c, args) => {
      c.bind.name = args.take("a name")?.text ?? null;
    }),
    row("namespace", "<name>", "Network namespace to listen in", (c, args) => {
      c.bind.namespace = args.take("the name of a network namespace")?.text ?? null;
    }),
    row(
      "expose-fd",
      "listeners",
      "Hand out listening sockets",
      (_, args) => void takeChoice(args, ["listeners"]),
      RUNTIME_ONLY,
    ),
    row(
      "level",
      "<level>",
      "What the users of the runtime API may do",
      (_, args) => void takeChoice(args, ["user", "operator", "admin"]),
      RUNTIME_ONLY,
    ),
    row(
      "severity-output",
      "<format>",
      "How messages of the runtime API show their severity",
      (_, args) => void takeChoice(args, ["none", "number", "string"]),
      RUNTIME_ONLY,
    ),
    row(
      "nice",
      "<priority>",
      "Scheduling priority of the connections",
      (_, args) => void takeInteger(args, { min: -1024, max: 1024, lax: true }),
      "all connections share one event loop",
    ),
    row(
      "process",
      "<set>",
      "Processes and threads that listen (old)",
      (_, args) => takeThreadSet(args),
      "every worker listens on every address",
    ),
    row("proto", "<name>", "Protocol of all connections: h1, h2 (known beforehand) or none (mode tcp)", (c, args) => {
      const word = args.peek();
      c.bind.proto = takeProto(args, "bind") ?? c.bind.proto;
      if (word !== null) c.bind.marks.set("proto", word);
    }),
    row(
      "shards",
      "<count>",
      "Number of sockets for the same address",
      parseShards,
      "every worker has a socket of its own for each address",
    ),
    row("tcp-ut", "<time>", "TCP user timeout of accepted connections", (c, args) => {
      c.bind.tcpUserTimeout = takeTime(args) ?? c.bind.tcpUserTimeout;
    }),
    row("tfo", "", "TCP fast open", (c) => {
      c.bind.tfo = true;
    }),
    row(
      "thread",
      "<set>",
      "Threads that accept connections",
      (_, args) => takeThreadSet(args),
      "every worker listens on every address",
    ),
    row("transparent", "", "Bind an address this machine does not have", (c) => {
      c.bind.transparent = true;
    }),
    row("uid", "<uid>", "Numeric owner of a UNIX socket", (c, args) => {
      c.bind.uid = takeInteger(args) ?? c.bind.uid;
    }),
    row("user", "<user>", "Owner of a UNIX socket", (c, args) => {
      c.bind.uid = takeUser(c.env, args) ?? c.bind.uid;
    }),
    row("v4v6", "", "Accept IPv4 too on an IPv6 wildcard address", (c) => {
      c.bind.v4v6 = true;
      c.bind.v6only = false;
    }),
    row("v6only", "", "Accept only IPv6 on an IPv6 wildcard address", (c) => {
      c.bind.v6only = true;
      c.bind.v4v6 = false;
    }),
  ],
]);

function parseId(c: BindContext, args: Args): void {
  const id = takeInteger(args, { min: 1 });
  if (id === null) return;
  const word = args.words[args.index - 1]!;
  if (c.sockets > 1) {
    args.error("config/bad-value", word, `'id' is possible only for a single address, this line has ${c.sockets}`);
    return;
  }
  const other = c.proxy.binds.find((b) => b.id === id);
  if (other !== undefined) {
    args.error(
      "config/duplicate-id",
      word,
      `id ${id} is already that of 'bind ${other.word.text}' at line ${other.at.line}`,
    );
    return;
  }
  c.bind.id = id;
  c.bind.marks.set("id", word);
}

/** Part of a process or thread set such as `all`, `1-4` or `1/odd`. */
const SET = String.raw`(?:all|odd|even|\d+(?:-\d*)?)`;
const THREAD_SET = new RegExp(`^(?:auto:)?${SET}(?:/${SET}(?:,${SET})*)?$`);

function takeThreadSet(args: Args): void {
  const word = args.take("a set such as all or 1-4");
  if (word === null || THREAD_SET.test(word.text)) return;
  args.error(
    "config/bad-value",
    word,
    `'${word.text}' is not a process or thread set`,
    "all, odd, even, a number or a range",
  );
}

function parseShards(_: BindContext, args: Args): void {
  if (args.peek()?.text === "by-thread") args.next();
  else takeInteger(args, { min: 1, max: 1000 });
}

export const bindKeyword: Keyword<ProxyContext> = {
  name: "bind",
  where: FRONT_ONLY,
  usage: "[<address>]:<port_range> [, ...] [parameter ...]",
  help: "Listen on one or more addresses",
  parse: (context, args) => {
    const word = args.take("at least one address such as :80");
    if (word === null) return;
    const addresses = bindAddresses(context, args, word);
    const draft = newBind(context.keyword, word, context.global);
    parseParameters({ ...context, bind: draft, sockets: addresses.length }, args);
    for (const [i, address] of addresses.entries()) {
      context.proxy.binds.push({ ...draft, address, id: i === 0 ? draft.id : 0 });
    }
  },
};

function newBind(keyword: Word, word: Word, { unixBind }: GlobalDraft): BindDraft {
  const anywhere = { kind: "ip", family: 4, ip: "0.0.0.0", port: 0 } as const;
  const { mode, uid, gid } = unixBind;
  return { ...plainBind(keyword.at, anywhere), mode, uid, gid, word, tls: newBindTls(), marks: new Map() };
}

/** Every address of a comma list, port ranges spread out; bad ones are reported and left out. */
function bindAddresses(context: ProxyContext, args: Args, word: Word): Address[] {
  const out: Address[] = [];
  let column = word.at.column;
  for (const text of word.text.split(",")) {
    const part: Word = word.quoted
      ? { ...word, text }
      : { ...word, text, at: { ...word.at, column }, endColumn: column + text.length };
    column += text.length + 1;
    if (text !== "") spread(context, args, part, out);
  }
  return out;
}

function spread(context: ProxyContext, args: Args, part: Word, out: Address[]): void {
  const parsed = parseAddress(part.text, context.env.variables);
  if (!parsed.ok) {
    args.error(parsed.unsupported ? "config/not-supported" : "config/bad-address", part, parsed.message);
    return;
  }
  const { host, port, datagram } = parsed.value;
  if (datagram) {
    args.error("config/bad-address", part, `'${part.text}' is a datagram address; a listener needs a stream`);
    return;
  }
  switch (host.kind) {
    case "unix":
      out.push({ ...host, path: context.global.unixBind.prefix + host.path });
      return;
    case "abns":
    case "fd":
      out.push(host);
      return;
  }
  if (port.kind === "none") {
    args.error("config/missing-port", part, `the port is missing in '${part.text}'`, "write for instance :80");
    return;
  }
  if (port.kind === "offset") {
    args.error("config/bad-address", part, `a port offset is not possible here: '${part.text}'`);
    return;
  }
  const low = port.kind === "range" ? port.low : port.value;
  const high = port.kind === "range" ? port.high : port.value;
  if (low < 1) {
    args.error("config/bad-address", part, `'${low}' is not a port: 1 to 65535`);
    return;
  }
  const base = resolveHost(context, args, part, host);
  if (base === null) return;
  for (let p = low; p <= high; p++) out.push({ ...base, port: p });
}

type IpHost = Extract<NonNullable<ReturnType<typeof hostOf>>, { kind: "any" | "ip" | "name" }>;

function hostOf(text: string) {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value.host : null;
}

function resolveHost(context: ProxyContext, args: Args, part: Word, host: IpHost) {
  if (host.kind === "any") return wildcard(host.family, 0) as Extract<Address, { kind: "ip" }>;
  if (host.kind === "ip") return { kind: "ip", family: host.family, ip: host.ip, port: 0 } as const;
  const found = context.env.resolve?.(host.name, host.family) ?? null;
  if (found === null) {
    args.error(
      "config/unresolved-name",
      part,
      `'${host.name}' is not an address of this machine's hosts`,
      "listen on an IP address",
    );
    return null;
  }
  return { kind: "ip", family: found.family, ip: found.ip, port: 0 } as const;
}

function parseParameters(context: BindContext, args: Args): void {
  for (let word = args.next(); word !== null; word = args.next()) {
    const found = bindParameters.get(word.text);
    if (found === undefined) {
      if (knownBind.has(word.text)) {
        args.error("config/not-supported", word, `'bind ... ${word.text}' is known to HAProxy, not supported yet`);
      } else {
        const near = bindParameters.suggest(word.text, [...knownBind.keys()]);
        args.error(
          "config/unknown-keyword",
          word,
          `'bind' has no parameter '${word.text}'`,
          near === null ? undefined : `did you mean '${near}'?`,
        );
        args.rest();
        return;
      }
      for (let i = knownBind.get(word.text) ?? 0; i > 0; i--) args.next();
      continue;
    }
    const sub = args.sub(word, found.name, found.usage);
    found.parse(context, sub);
    args.index = sub.index;
    if (found.noEffect !== undefined) {
      args.warn("config/no-effect", word, `'${found.name}' has no effect here: ${found.noEffect}`);
    }
  }
}
