import type { Args } from "../../lang/args.ts";
import type { Variables } from "../../lang/environment.ts";
import { parseAddress, wildcard } from "../address.ts";
import type { GlobalContext } from "../context.ts";
import type { Draft } from "../draft.ts";
import type { Address, StatsSocketModel } from "../model.ts";
import { takeChoice, takeInteger, takeTime } from "../../lang/values.ts";
import { bindParameters } from "./bind.ts";
import { type Keyword, KeywordTable } from "./keyword.ts";
import { knownBind } from "./known.ts";
import { takeGroup, takeMode, takeUser } from "./socket-owner.ts";

/** A socket without any parameter but its address, level and owners. */
export const plainSocket = { exposeFdListeners: false, severity: "none", backlog: 0, maxconn: 0 } as const;

interface SocketContext extends GlobalContext {
  readonly socket: Draft<StatsSocketModel>;
}

type Row = Keyword<SocketContext>;

function row(name: string, usage: string, help: string, parse: Row["parse"], noEffect?: string): Row {
  return { name, where: ["stats-socket"], usage, help, parse, ...(noEffect === undefined ? {} : { noEffect }) };
}

/** Parameters of `stats socket` (manual section 3.1; it takes those of `bind` that make sense). */
export const socketParameters = new KeywordTable<SocketContext>("stats socket", [
  [
    row("level", "<level>", "What the users of this socket may do", (c, args) => {
      c.socket.level = takeChoice(args, ["user", "operator", "admin"]) ?? c.socket.level;
    }),
    row("mode", "<mode>", "Octal permissions of the socket", (c, args) => {
      c.socket.mode = takeMode(args) ?? c.socket.mode;
    }),
    row("user", "<user>", "Owner of the socket", (c, args) => {
      c.socket.uid = takeUser(c.env, args) ?? c.socket.uid;
    }),
    row("uid", "<uid>", "Numeric owner of the socket", (c, args) => {
      c.socket.uid = takeInteger(args) ?? c.socket.uid;
    }),
    row("group", "<group>", "Group of the socket", (c, args) => {
      c.socket.gid = takeGroup(c.env, args) ?? c.socket.gid;
    }),
    row("gid", "<gid>", "Numeric group of the socket", (c, args) => {
      c.socket.gid = takeInteger(args) ?? c.socket.gid;
    }),
    row("expose-fd", "listeners", "Let a newer process fetch the listening sockets", (c, args) => {
      if (takeChoice(args, ["listeners"]) !== null) c.socket.exposeFdListeners = true;
    }),
    row("process", "<set>", "Processes (old)", (_, args) => void args.take("a process set"), "one process answers"),
    row("thread", "<set>", "Threads that answer", (_, args) => void args.take("a thread set"), "one process answers"),
    row(
      "name",
      "<name>",
      "Name of the socket",
      (_, args) => void args.take("a name"),
      "the socket is in no statistics",
    ),
    row("backlog", "<count>", "Connections that wait in the kernel", (c, args) => {
      c.socket.backlog = takeInteger(args) ?? c.socket.backlog;
    }),
    row("maxconn", "<count>", "Connections of this socket at the same time", (c, args) => {
      c.socket.maxconn = takeInteger(args, { lax: true }) ?? c.socket.maxconn;
    }),
    row("severity-output", "none | number | string", "How messages show their severity", (c, args) => {
      c.socket.severity = takeChoice(args, ["none", "number", "string"]) ?? c.socket.severity;
    }),
  ],
]);

/** `stats socket`, `stats timeout`, `stats maxconn` of the global section. */
export const statsKeyword: Keyword<GlobalContext> = {
  name: "stats",
  where: ["global"],
  usage: "socket <address> [parameter ...] | timeout <time> | maxconn <count>",
  help: "The runtime socket, its idle timeout and its connection limit",
  parse: (c, args) => {
    const what = takeChoice(args, ["socket", "timeout", "maxconn", "bind-process"]);
    if (what === null) return void args.rest();
    const sub = args.sub(args.words[args.index - 1]!, `stats ${what}`, what === "timeout" ? "<time>" : "<value>");
    c.global.marks.set("stats", args.keyword);
    if (what === "socket") parseSocket(c, sub);
    else if (what === "timeout") {
      const value = takeTime(sub);
      if (value === 0)
        sub.error("config/out-of-range", sub.words[sub.index - 1]!, "'stats timeout' must be at least 1 ms");
      else c.global.statsTimeout = value ?? c.global.statsTimeout;
    } else if (what === "maxconn")
      c.global.statsMaxconn = takeInteger(sub, { min: 1, lax: true }) ?? c.global.statsMaxconn;
    else {
      sub.warn("config/no-effect", sub.keyword, "'stats bind-process' has no effect: there is one serving process");
      sub.rest();
    }
    args.index = sub.index;
  },
};

function parseSocket(c: GlobalContext, args: Args): void {
  const word = args.take("a path or an address");
  if (word === null) return;
  const address = socketAddress(word.text, c.env.variables);
  if (typeof address === "string") {
    args.error("config/bad-address", word, address);
    args.rest();
    return;
  }
  const socket: Draft<StatsSocketModel> = {
    at: word.at,
    address,
    level: "operator",
    mode: -1,
    uid: -1,
    gid: -1,
    ...plainSocket,
  };
  for (let next = args.next(); next !== null; next = args.next()) {
    const found = socketParameters.get(next.text);
    const skip = bindParameters.has(next.text)
      ? Number(bindParameters.get(next.text)?.usage !== "")
      : knownBind.get(next.text);
    if (found === undefined && skip !== undefined) {
      args.error(
        "config/not-supported",
        next,
        `'stats socket ... ${next.text}' is known to HAProxy, not supported yet`,
      );
      for (let i = skip; i > 0; i--) args.next();
      continue;
    }
    if (found === undefined) {
      const near = socketParameters.suggest(next.text);
      args.error(
        "config/unknown-keyword",
        next,
        `'stats socket' has no parameter '${next.text}'`,
        near === null ? undefined : `did you mean '${near}'?`,
      );
      args.rest();
      break;
    }
    const sub = args.sub(next, found.name, found.usage);
    found.parse({ ...c, socket }, sub);
    args.index = sub.index;
    if (found.noEffect !== undefined) {
      args.warn("config/no-effect", next, `'${found.name}' has no effect here: ${found.noEffect}`);
    }
  }
  c.global.statsSockets.push(socket);
}

function socketAddress(text: string, variables: Variables): Address | string {
  const parsed = parseAddress(text, variables);
  if (!parsed.ok) return parsed.message;
  const { host, port } = parsed.value;
  switch (host.kind) {
    case "unix":
    case "abns":
    case "fd":
      return host;
    case "name":
      return `'${text}' must be a path or an IP address with a port`;
    case "any":
    case "ip":
      if (port.kind !== "fixed" || port.value === 0) return `the port is missing in '${text}'`;
      return host.kind === "any"
        ? wildcard(host.family, port.value)
        : { kind: "ip", family: host.family, ip: host.ip, port: port.value };
  }
}
