import { atLine } from "../../lang/position.ts";
import { Args } from "../../lang/args.ts";
import { suggest } from "../../lang/suggest.ts";
import type { Word } from "../../lang/line.ts";
import { parseIp } from "../../util/ip.ts";
import { parseAddress } from "../address.ts";
import type { ParseEnv } from "../env.ts";
import type { ResolversModel } from "../model.ts";
import { takeTime } from "../../lang/values.ts";
import type { Section } from "./section.ts";

export interface ResolversDraft {
  readonly word: Word;
  readonly name: string;
  readonly nameservers: { name: string; ip: string; port: number }[];
  payloadSize: number;
  retries: number;
  timeoutRetry: number;
  holdValid: number;
}

/** Where the system says who resolves names. */
const RESOLV_CONF = "/etc/resolv.conf";
const DNS_PORT = 53;
/** A message is no shorter than its header, and no longer than UDP carries. */
const PAYLOAD_MIN = 12;
const PAYLOAD_MAX = 65535;

interface Row {
  readonly usage: string;
  readonly parse: (draft: ResolversDraft, args: Args, env: ParseEnv) => void;
}

/** For what is about servers whose names are resolved while traffic flows. */
function withoutEffect(args: Args, what: string): void {
  args.warn("config/no-effect", args.keyword, `'${what}' has no effect: only 'do-resolve' asks name servers so far`);
}

const keywords: Readonly<Record<string, Row>> = {
  nameserver: {
    usage: "<name> <address>:<port>",
    parse: (draft, args, env) => {
      const name = args.take("a name");
      const address = name === null ? null : args.take("an address");
      if (name === null || address === null) return;
      if (!validName(args, name)) return;
      const known = draft.nameservers.some((each) => each.name === name.text);
      if (known) return void args.error("config/duplicate-name", name, `there is a name server '${name.text}' already`);
      const found = serverAddress(args, address, env);
      if (found !== null) draft.nameservers.push({ name: name.text, ...found });
      // As in HAProxy: words behind the address are for connections.
      args.ignoreRest();
    },
  },
  "parse-resolv-conf": {
    usage: "",
    parse: (draft, args, env) => {
      args.ignoreRest();
      const found = systemServers(env);
      if (found === null)
        return void args.error("config/unreadable-file", args.keyword, `cannot read '${RESOLV_CONF}'`);
      for (const ip of found) {
        const known = draft.nameservers.some(({ name }) => name === ip);
        if (known) args.warn("config/duplicate-name", args.keyword, `the name server '${ip}' is there already`);
        else draft.nameservers.push({ name: ip, ip, port: DNS_PORT });
      }
    },
  },
  accepted_payload_size: {
    usage: "<bytes>",
    parse: (draft, args) => {
      const word = args.take("a number of bytes");
      if (word === null) return;
      const size = /^\d+$/.test(word.text) ? Number(word.text) : 0;
      if (size >= PAYLOAD_MIN && size <= PAYLOAD_MAX) draft.payloadSize = size;
      else {
        const message = `'accepted_payload_size' is a number from ${PAYLOAD_MIN} to ${PAYLOAD_MAX}, not '${word.text}'`;
        args.error("config/bad-number", word, message);
      }
      args.ignoreRest();
    },
  },
  resolve_retries: {
    usage: "<number>",
    parse: (draft, args) => {
      const word = args.take("a number");
      // As in HAProxy what is no number is 0.
      if (word !== null) draft.retries = Math.max(0, Number.parseInt(word.text, 10) || 0);
      args.ignoreRest();
    },
  },
  timeout: {
    usage: "{resolve | retry} <time>",
    parse: (draft, args) => {
      const event = args.take("'resolve' or 'retry'");
      if (event === null) return;
      if (event.text !== "resolve" && event.text !== "retry") {
        return void args.error(
          "config/bad-value",
          event,
          `'timeout' expects 'resolve' or 'retry', not '${event.text}'`,
        );
      }
      const time = takeTime(args);
      if (time === null) return;
      if (event.text === "retry") draft.timeoutRetry = time;
      else withoutEffect(args, "timeout resolve");
      args.ignoreRest();
    },
  },
  hold: {
    usage: "{nx | refused | timeout | other | valid | obsolete} <time>",
    parse: (draft, args) => {
      const status = args.take("a status");
      if (status === null) return;
      if (!["nx", "refused", "timeout", "other", "valid", "obsolete"].includes(status.text)) {
        const hint = "one of nx, refused, timeout, other, valid, obsolete";
        return void args.error("config/bad-value", status, `'hold' does not know the status '${status.text}'`, hint);
      }
      const time = takeTime(args);
      if (time === null) return;
      if (status.text === "valid") draft.holdValid = time;
      else withoutEffect(args, `hold ${status.text}`);
      args.ignoreRest();
    },
  },
};

function validName(args: Args, word: Word): boolean {
  const bad = /[^A-Za-z0-9_:.-]/.exec(word.text);
  if (bad === null) return true;
  args.error("config/bad-name", word, `'${bad[0]}' is not possible in the name '${word.text}'`);
  return false;
}

/** Null after a complaint. */
function serverAddress(args: Args, word: Word, env: ParseEnv): { ip: string; port: number } | null {
  const parsed = parseAddress(word.text, env.variables);
  if (!parsed.ok) return args.error("config/bad-address", word, parsed.message);
  const { prefix, host, port } = parsed.value;
  if (prefix !== null && !["ipv4", "ipv6", "udp", "udp4", "udp6"].includes(prefix)) {
    return args.error("config/not-supported", word, `name servers are asked over UDP only, not by '${prefix}@'`);
  }
  if (host.kind !== "ip" && host.kind !== "name") {
    return args.error("config/bad-address", word, `'${word.text}' is not the address of a name server`);
  }
  if (port.kind !== "fixed" || port.value === 0) {
    return args.error("config/bad-address", word, "the address of a name server needs a port", "usually 53");
  }
  if (host.kind === "ip") return { ip: host.ip, port: port.value };
  const found = env.resolve?.(host.name, host.family) ?? null;
  if (found === null) return args.error("config/unresolved-name", word, `'${host.name}' cannot be resolved`);
  return { ip: found.ip, port: port.value };
}

/** The name servers of the system (resolv.conf(5)), null when its file cannot be read. */
function systemServers(env: ParseEnv): string[] | null {
  let text: string;
  try {
    text = env.readFile(RESOLV_CONF);
  } catch {
    return null;
  }
  const out: string[] = [];
  for (const [, ip = ""] of text.matchAll(/^[ \t]*nameserver[ \t]+([^ \t\r\n#;]+)/gm)) {
    if (parseIp(ip) !== null && !out.includes(ip)) out.push(ip);
  }
  return out;
}

function newDraft(word: Word, name: string): ResolversDraft {
  return { word, name, nameservers: [], payloadSize: 512, retries: 3, timeoutRetry: 1000, holdValid: 10_000 };
}

/** `resolvers default` of who has none: with the name servers of the system. Null when there is nothing to read them from. */
export function defaultResolvers(env: ParseEnv, word: Word): ResolversDraft | null {
  const found = systemServers(env);
  if (found === null || found.length === 0) return null;
  const draft = newDraft(word, "default");
  for (const ip of found) draft.nameservers.push({ name: ip, ip, port: DNS_PORT });
  return draft;
}

/** `resolvers <name>` (manual, section 5.3.2). */
export const resolversSection: Section = {
  name: "resolvers",
  usage: "<name>",
  help: "Name servers, and how they are asked",
  open: ({ diagnostics, resolvers, env }, line) => {
    const args = new Args(line.words[0], line.words.slice(1), diagnostics, "resolvers", "<name>");
    const word = args.take("a name");
    const draft = newDraft(word ?? line.words[0], word?.text ?? "");
    if (word !== null && validName(args, word)) {
      const known = resolvers.find(({ name }) => name === word.text);
      if (known === undefined) resolvers.push(draft);
      else {
        const message = `there is a resolvers section '${word.text}' already, ${atLine(known.word.at, word.at)}`;
        args.error("config/duplicate-name", word, message);
      }
    }
    args.ignoreRest();
    return (body, at) => {
      const keyword = body.words[at]!;
      const row = Object.hasOwn(keywords, keyword.text) ? keywords[keyword.text]! : null;
      if (row === null) {
        const names = Object.keys(keywords);
        const near = suggest(keyword.text, names);
        diagnostics.error(
          "config/unknown-keyword",
          keyword.at,
          `unknown keyword '${keyword.text}' in section 'resolvers'`,
          {
            endColumn: keyword.endColumn,
            hint: near === null ? `it holds ${names.join(", ")}` : `did you mean '${near}'?`,
          },
        );
        return;
      }
      row.parse(draft, new Args(keyword, body.words.slice(at + 1), diagnostics, keyword.text, row.usage), env);
    };
  },
};

export function resolversModel({ word, ...draft }: ResolversDraft): ResolversModel {
  return { ...draft, at: word.at };
}
