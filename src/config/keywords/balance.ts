import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import type { ProxyContext } from "../context.ts";
import type { BalanceModel } from "../model.ts";
import { integerOf, takeChoice, takeInteger } from "../values.ts";
import { textOf } from "../../rules/parts.ts";
import type { Keyword } from "./keyword.ts";
import { BACK } from "./where.ts";

type Algorithm = BalanceModel["algorithm"];

/** One algorithm of `balance` (manual section 4.2): its usage, and its parameters to the model. */
interface AlgorithmRow {
  readonly usage: string;
  readonly help: string;
  /** `argument` is what stood in parentheses, null without any. Returns null after a complaint. */
  readonly parse: (args: Args, word: Word, argument: string | null) => Algorithm | null;
}

function plain(kind: "roundrobin" | "static-rr" | "leastconn" | "first" | "source", help: string): AlgorithmRow {
  // HAProxy ignores words behind these; so do we, with the warning of `extra`.
  return { usage: kind, help, parse: () => ({ kind }) };
}

export const balanceAlgorithms: Readonly<Record<string, AlgorithmRow>> = {
  roundrobin: plain("roundrobin", "Each server in turn, by weight; weights may change at run time"),
  "static-rr": plain("static-rr", "Each server in turn, by weight; weights are fixed"),
  leastconn: plain("leastconn", "The server with the fewest connections for its weight"),
  first: plain("first", "The first server with a free slot, in the order of their ids"),
  source: plain("source", "Hash of the client's address"),
  uri: {
    usage: "uri [whole] [len <bytes>] [depth <slashes>] [path-only]",
    help: "Hash of the request's URI without its query",
    parse: parseUri,
  },
  url_param: {
    usage: "url_param <name> [check_post]",
    help: "Hash of a parameter of the query",
    parse: parseUrlParam,
  },
  hdr: {
    usage: "hdr(<name>) [use_domain_only]",
    help: "Hash of a request header",
    parse: parseHeader,
  },
  random: {
    usage: "random[(<draws>)]",
    help: "The least loaded of a few servers drawn at random",
    parse: parseRandom,
  },
  "rdp-cookie": {
    usage: "rdp-cookie[(<name>)]",
    help: "Hash of a cookie of the remote desktop protocol",
    parse: (_args, _word, argument) => ({ kind: "rdp-cookie", name: (argument ?? "mstshash").toLowerCase() }),
  },
  hash: {
    usage: "hash <expression>",
    help: "Hash of a sample expression",
    parse: (args) => {
      const word = args.take("a sample expression");
      if (word === null) return null;
      const extra = args.next();
      if (extra === null) return { kind: "hash", expression: textOf(word) };
      return args.error("config/extra-argument", extra, `'balance hash' takes one expression, not '${extra.text}' too`);
    },
  },
};

export const balanceKeywords: readonly Keyword<ProxyContext>[] = [
  {
    name: "balance",
    where: BACK,
    usage: Object.values(balanceAlgorithms)
      .map((row) => row.usage)
      .join(" | "),
    help: "How a server is chosen",
    extra: "warning",
    parse: (c, args) => {
      const word = args.next();
      if (word === null) {
        set(c, { kind: "roundrobin" });
        return;
      }
      const match = /^([^()]*)(?:\(([^()]*)\))?$/.exec(word.text);
      const row = balanceAlgorithms[match?.[1] ?? ""];
      if (match === null || row === undefined || !Object.hasOwn(balanceAlgorithms, match[1]!)) {
        args.rest();
        const names = Object.keys(balanceAlgorithms).join(", ");
        args.error("config/bad-value", word, `'balance' does not know '${word.text}'`, `one of ${names}`);
        return;
      }
      const algorithm = row.parse(args, word, match[2] ?? null);
      if (algorithm === null) return;
      set(c, algorithm);
    },
  },
  {
    name: "hash-type",
    where: BACK,
    usage: "map-based | consistent [sdbm | djb2 | wt6 | crc32] [avalanche]",
    help: "How a hash is mapped to a server",
    extra: "warning",
    parse: (c, args) => {
      const method = takeChoice(args, ["map-based", "consistent"]);
      if (method === null) return;
      // Without a named function, consistent hashing mixes its sdbm once more.
      let hash: BalanceModel["hash"] = { method, function: "sdbm", avalanche: method === "consistent" };
      if (!args.done) {
        const name = takeChoice(args, ["sdbm", "djb2", "wt6", "crc32"]);
        if (name === null) return;
        if (!args.done && takeChoice(args, ["avalanche"]) === null) return;
        hash = { method, function: name, avalanche: args.words[2] !== undefined };
      }
      c.proxy.balance = { ...c.proxy.balance, hash };
    },
  },
  {
    name: "hash-balance-factor",
    where: BACK,
    usage: "<percent>",
    help: "Bound of a server's load relative to the average, for consistent hashing; 0 is none",
    extra: "warning",
    parse: (c, args) => {
      const value = takeInteger(args, { lax: true });
      if (value === null) return;
      if (value !== 0 && value <= 100) {
        args.error("config/out-of-range", args.words[args.index - 1]!, "'hash-balance-factor' must be 0 or above 100");
      } else c.proxy.hashBalanceFactor = value;
    },
  },
];

function set(c: ProxyContext, algorithm: Algorithm): void {
  c.proxy.marks.set("balance", c.keyword);
  c.proxy.balance = { ...c.proxy.balance, at: c.keyword.at, algorithm };
}

function parseUri(args: Args): Algorithm | null {
  let whole = false;
  let pathOnly = false;
  let len = 0;
  let depth = 0;
  while (!args.done) {
    const word = takeChoice(args, ["whole", "path-only", "len", "depth"]);
    if (word === null) return null;
    if (word === "whole") whole = true;
    else if (word === "path-only") pathOnly = true;
    else {
      const value = takeInteger(args, { min: 1, lax: true, what: `a number behind '${word}'` });
      if (value === null) return null;
      if (word === "len") len = value;
      else depth = value;
    }
  }
  return { kind: "uri", whole, len, depth, pathOnly };
}

function parseUrlParam(args: Args): Algorithm | null {
  const name = args.take("the name of a parameter");
  if (name === null) return null;
  if (args.done) return { kind: "url_param", name: name.text, checkPost: 0 };
  if (takeChoice(args, ["check_post"]) === null) return null;
  // HAProxy once took a number of bytes to wait for; it still reads over it.
  const limit = args.next();
  const bytes = limit === null ? 48 : integerOf(args, limit, { lax: true });
  return bytes === null ? null : { kind: "url_param", name: name.text, checkPost: Math.max(bytes, 1) };
}

function parseHeader(args: Args, word: Word, argument: string | null): Algorithm | null {
  if (argument === null || argument === "") {
    return args.error("config/bad-value", word, "'balance hdr' needs the name of a header", "balance hdr(<name>)");
  }
  if (args.done) return { kind: "hdr", name: argument, useDomainOnly: false };
  if (takeChoice(args, ["use_domain_only"]) === null) return null;
  return { kind: "hdr", name: argument, useDomainOnly: true };
}

function parseRandom(args: Args, word: Word, argument: string | null): Algorithm | null {
  if (argument === null || argument === "") return { kind: "random", draws: 2 };
  if (!/^\d{1,9}$/.test(argument) || Number(argument) < 1) {
    return args.error("config/bad-value", word, `'${argument}' is not a number of draws: 1 or more`);
  }
  return { kind: "random", draws: Number(argument) };
}
