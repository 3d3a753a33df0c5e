import { type AlgorithmModel, algorithms } from "../../balance/index.ts";
import { takeChoice, takeInteger } from "../../lang/values.ts";
import type { ProxyContext } from "../context.ts";
import type { HashModel } from "../model.ts";
import type { Keyword } from "./keyword.ts";
import { BACK } from "./where.ts";

export const balanceKeywords: readonly Keyword<ProxyContext>[] = [
  {
    name: "balance",
    where: BACK,
    usage: Object.values(algorithms)
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
      const name = match?.[1] ?? "";
      if (match === null || !isAlgorithm(name)) {
        args.rest();
        const names = Object.keys(algorithms).join(", ");
        args.error("config/bad-value", word, `'balance' does not know '${word.text}'`, `one of ${names}`);
        return;
      }
      const algorithm = algorithms[name].parse(args, word, match[2] ?? null);
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
      let hash: HashModel = { method, function: "sdbm", avalanche: method === "consistent" };
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

function isAlgorithm(name: string): name is keyof typeof algorithms {
  return Object.hasOwn(algorithms, name);
}

function set(c: ProxyContext, algorithm: AlgorithmModel): void {
  c.proxy.marks.set("balance", c.keyword);
  c.proxy.balance = { ...c.proxy.balance, at: c.keyword.at, algorithm };
}
