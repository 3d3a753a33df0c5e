import { atLine } from "../../lang/position.ts";
import type { Args } from "../../lang/args.ts";
import type { GlobalContext } from "../context.ts";
import { takeInteger, takeTime } from "../../lang/values.ts";
import { LOG_USAGE, parseLogTarget } from "./log.ts";
import { type Keyword, KeywordTable } from "./keyword.ts";
import { headerCaseKeywords } from "./header-cases.ts";
import { defaultPathKeyword } from "./default-path.ts";
import { globalFlags } from "./global-flags.ts";
import { stopKeywords } from "./stop.ts";
import { unixBindKeyword } from "./unix-bind.ts";
import { processVariableKeywords } from "./process-variables.ts";
import { firstCount, processLimits } from "./process-limits.ts";
import { tuneKeywords } from "./tune.ts";
import { statsKeyword } from "./stats-socket.ts";
import { environmentKeywords } from "./environment.ts";
import { inertGlobalKeywords } from "./global-inert.ts";
import { globalCompressionKeywords } from "./compression.ts";
import { globalTlsKeywords } from "./global-tls.ts";

type Row = Keyword<GlobalContext>;

function row(name: string, usage: string, help: string, parse: Row["parse"]): Row {
  return { name, where: ["global"], usage, help, parse };
}

type TextField = "chroot" | "pidfile" | "node" | "serverStateFile" | "serverStateBase";

function text(name: string, field: TextField, usage: string, help: string): Row {
  return row(name, usage, help, (c, args) => {
    const word = args.take(usage);
    if (word === null) return;
    const before = c.global.marks.get(name);
    if (before !== undefined && (name === "chroot" || name === "pidfile")) {
      args.warn(
        "config/duplicate-keyword",
        args.keyword,
        `this '${name}' is ignored: it is already set ${atLine(before.at, args.keyword.at)}`,
      );
      return;
    }
    if (name === "node" && /[^A-Za-z0-9_.-]/.test(word.text)) {
      args.error(
        "config/bad-name",
        word,
        `'${word.text}' is not possible as a node name`,
        "letters, digits, '.', '-' and '_'",
      );
      return;
    }
    c.global[field] = word.text;
    c.global.marks.set(name, args.keyword);
  });
}

function identity(name: "user" | "group" | "uid" | "gid"): Row {
  const numeric = name === "uid" || name === "gid";
  const isUser = name === "user" || name === "uid";
  const who = isUser ? "user" : "group";
  return row(name, numeric ? `<${name}>` : `<${name} name>`, `Switch to this ${who} after start`, (c, args) => {
    const before = c.global.marks.get(who);
    if (before !== undefined) {
      args.rest();
      args.warn(
        "config/duplicate-keyword",
        args.keyword,
        `this '${name}' is ignored: the ${who} is already set ${atLine(before.at, args.keyword.at)}`,
      );
      return;
    }
    let id: number | null;
    if (numeric) id = takeInteger(args);
    else {
      const word = args.take(`a ${who} name`);
      if (word === null) return;
      id = isUser ? c.env.userId(word.text) : c.env.groupId(word.text);
      if (id === null) {
        args.error(isUser ? "config/unknown-user" : "config/unknown-group", word, `there is no ${who} '${word.text}'`);
        return;
      }
      c.global[isUser ? "user" : "group"] = word.text;
    }
    if (id === null) return;
    c.global[isUser ? "uid" : "gid"] = id;
    c.global.marks.set(who, args.keyword);
  });
}

/** Keywords of the `global` section (manual section 3). */
const process: readonly Row[] = [
  ...processLimits,
  row("nbthread", "<count>", "Worker processes", (c, args) => {
    c.global.nbthread = takeInteger(args, { min: 1, max: 64 }) ?? c.global.nbthread;
    c.global.marks.set("nbthread", args.keyword);
  }),
  identity("user"),
  identity("group"),
  identity("uid"),
  identity("gid"),
  text("chroot", "chroot", "<directory>", "Change the root directory after start"),
  row("daemon", "", "Run in the background", (c) => {
    c.global.daemon = true;
  }),
  row("expose-experimental-directives", "", "Allow what HAProxy calls experimental", (c, args) => {
    c.global.marks.set("expose-experimental-directives", args.keyword);
  }),
  text("pidfile", "pidfile", "<file>", "Write the process id there"),
  text("node", "node", "<name>", "Name of this node in statistics"),
  {
    ...text("server-state-file", "serverStateFile", "<file>", "File the server states are read from at start"),
    extra: "warning",
  },
  {
    ...text("server-state-base", "serverStateBase", "<directory>", "Directory of relative server state files"),
    extra: "warning",
  },
  row("description", "<text>", "Text shown in statistics", (c, args) => {
    if (args.take("a text") === null) return;
    args.index--;
    c.global.description = args
      .rest()
      .map((w) => w.text)
      .join(" ");
  }),
  row("hard-stop-after", "<time>", "Longest time a drain may take", (c, args) => {
    c.global.hardStopAfter = takeTime(args) ?? c.global.hardStopAfter;
  }),
  row("max-spread-checks", "<time>", "Longest delay of the first check of a server", (c, args) => {
    c.global.maxSpreadChecks = takeTime(args) ?? c.global.maxSpreadChecks;
  }),
  firstCount("spread-checks", "spreadChecks", "<percent>", "Random variation of check intervals", { max: 50 }),
  row("cpu-map", "<threads> <cpus>", "CPUs each worker may run on", parseCpuMap),
];

const logs: readonly Row[] = [
  {
    ...row("log", LOG_USAGE, "Send log lines to this target", (c, args) => {
      if (c.modifier === "no") {
        c.global.logs = [];
        return;
      }
      if (args.peek()?.text === "global" && args.words.length === 1) {
        args.error("config/bad-value", args.next()!, "'log global' refers to this section itself");
        return;
      }
      const target = parseLogTarget(c, args);
      if (target !== null) c.global.logs.push(target);
    }),
    invertible: true,
  },
  row("log-tag", "<text>", "Program name in log lines", (c, args) => {
    c.global.logTag = args.take("a tag")?.text ?? c.global.logTag;
  }),
  {
    ...row("log-send-hostname", "[<name>]", "Put a host name into log lines", (c, args) => {
      const name = args.next()?.text ?? "";
      if (c.global.logSendHostname !== null)
        args.warn("config/duplicate-keyword", args.keyword, "only the first name counts");
      else c.global.logSendHostname = name;
    }),
    extra: "warning",
  },
];

export const globalKeywords = new KeywordTable<GlobalContext>("global", [
  process,
  logs,
  [statsKeyword],
  tuneKeywords,
  headerCaseKeywords,
  globalFlags,
  stopKeywords,
  [defaultPathKeyword, unixBindKeyword],
  processVariableKeywords,
  environmentKeywords,
  inertGlobalKeywords,
  globalTlsKeywords,
  globalCompressionKeywords,
]);

/** `[auto:]<process>[/<threads>] <cpu>...`; process 1 is the only one, threads count from 1. */
function parseCpuMap(c: GlobalContext, args: Args): void {
  const first = args.take("a thread set and CPU numbers");
  if (first === null) return;
  const auto = first.text.startsWith("auto:");
  const [process, threads] = (auto ? first.text.slice(5) : first.text).split("/");
  const workers = cpuSet(threads ?? "all", 1, 64);
  if (workers === null || cpuSet(process ?? "", 1, 64) === null) {
    args.error(
      "config/bad-value",
      first,
      `'${first.text}' is not a thread set`,
      "all, odd, even, a number or a range such as 1/1-4",
    );
    return;
  }
  const cpus: number[] = [];
  if (args.take("at least one CPU number") === null) return;
  args.index--;
  for (const word of args.rest()) {
    for (const part of word.text.split(",")) {
      const set = cpuSet(part, 0, 1023);
      if (set === null || !/^\d/.test(part)) {
        args.error("config/bad-value", word, `'${part}' is not a CPU number or range`);
        return;
      }
      cpus.push(...set);
    }
  }
  if (auto && cpus.length !== workers.length && threads !== undefined) {
    args.error(
      "config/bad-value",
      first,
      `'auto:' needs as many CPUs as threads: ${workers.length} threads, ${cpus.length} CPUs`,
    );
    return;
  }
  for (const [i, worker] of workers.entries()) {
    const cpu = cpus[i];
    if (!auto) c.global.cpuMap[worker - 1] = cpus;
    else if (cpu !== undefined) c.global.cpuMap[worker - 1] = [cpu];
  }
}

function cpuSet(text: string, min: number, max: number): number[] | null {
  const all = Array.from({ length: max - min + 1 }, (_, i) => min + i);
  if (text === "all") return all;
  if (text === "odd") return all.filter((n) => n % 2 === 1);
  if (text === "even") return all.filter((n) => n % 2 === 0);
  const match = /^(\d{1,4})(?:-(\d{0,4}))?$/.exec(text);
  if (match === null) return null;
  const low = Number(match[1]);
  const high = match[2] === undefined ? low : match[2] === "" ? max : Number(match[2]);
  if (low < min || high > max || high < low) return null;
  return all.slice(low - min, high - min + 1);
}
