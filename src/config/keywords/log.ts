import type { Args } from "../../lang/args.ts";
import type { Word } from "../../lang/line.ts";
import { parseAddress } from "../address.ts";
import type { GlobalContext } from "../context.ts";
import type { ParseEnv } from "../env.ts";
import type { LogFormatName, LogLevel, LogTargetModel } from "../model.ts";
import { takeChoice, takeInteger } from "../../lang/values.ts";

/** Facilities by number (RFC 5424 section 6.2.1), with HAProxy's names. */
const FACILITIES = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "auth2",
  "ftp",
  "ntp",
  "audit",
  "alert",
  "cron2",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
] as const;

const LEVELS = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"] as const;

const FORMATS = ["local", "rfc3164", "rfc5424", "priority", "short", "timed", "iso", "raw"] as const;

export const LOG_USAGE =
  "<address> [len <bytes>] [format <format>] [sample <ranges>:<size>] <facility> [<level> [<minlevel>]]";

/** The arguments of `log` with a target (manual section 4.2). Null after a complaint. */
export function parseLogTarget({ env, global }: GlobalContext, args: Args): LogTargetModel | null {
  const word = args.take("an address and a facility");
  if (word === null) return null;
  let len = 1024;
  let format: LogFormatName | null = null;
  let sample: LogTargetModel["sample"] = null;
  if (args.peek()?.text === "len") {
    args.next();
    const value = takeInteger(args, { min: 80, max: 65535, lax: true });
    if (value === null) return null;
    len = value;
  }
  if (args.peek()?.text === "format") {
    args.next();
    format = takeChoice(args, FORMATS);
    if (format === null) return null;
  }
  if (args.peek()?.text === "sample") {
    args.next();
    sample = takeSample(args);
    if (sample === null) return null;
  }
  const facility = choice(args, FACILITIES, "facility", true);
  if (facility === null) return null;
  const level = args.done ? 7 : choice(args, LEVELS, "level", false);
  if (level === null) return null;
  const minLevel = args.done ? 0 : choice(args, LEVELS, "level", false);
  if (minLevel === null || !args.end()) return null;
  const target = parseTarget(env, args, word);
  if (target === null) return null;
  const model: LogTargetModel = {
    at: word.at,
    target,
    len,
    format: format ?? "local",
    sample,
    facility,
    level: level as LogLevel,
    minLevel: minLevel as LogLevel,
  };
  if (format === null) global.unformatted.add(model);
  return model;
}

function choice(args: Args, names: readonly string[], what: string, required: boolean): number | null {
  const word = required ? args.take(`a ${what} such as ${names[names.length - 1]}`) : args.next();
  if (word === null) return null;
  const index = names.indexOf(word.text);
  return index >= 0
    ? index
    : args.error("config/bad-value", word, `there is no log ${what} '${word.text}'`, `one of ${names.join(", ")}`);
}

function parseTarget(env: ParseEnv, args: Args, word: Word): LogTargetModel["target"] | null {
  if (word.text === "stdout" || word.text === "stderr") return { kind: word.text };
  if (word.text.startsWith("ring@")) {
    return args.error("config/not-supported", word, "log rings are known to HAProxy, not supported yet");
  }
  const parsed = parseAddress(word.text, env.variables);
  if (!parsed.ok) {
    return args.error(parsed.unsupported ? "config/not-supported" : "config/bad-address", word, parsed.message);
  }
  const { host, port, prefix } = parsed.value;
  if (prefix === "tcp" || prefix === "tcp4" || prefix === "tcp6") {
    return args.error("config/not-supported", word, "log targets over TCP are known to HAProxy, not supported yet");
  }
  if (port.kind === "range" || port.kind === "offset") {
    return args.error("config/bad-address", word, `'${word.text}' must have one plain port`);
  }
  const number = port.kind === "fixed" && port.value !== 0 ? port.value : 514;
  switch (host.kind) {
    case "unix":
      return host;
    case "abns":
      return host;
    case "fd":
      return { kind: "fd", fd: host.fd };
    case "ip":
      return { kind: "udp", ip: host.ip, port: number };
    case "any":
      return { kind: "udp", ip: host.family === 6 ? "::" : "0.0.0.0", port: number };
    case "name": {
      const found = env.resolve?.(host.name, host.family) ?? null;
      if (found === null) {
        return args.error("config/unresolved-name", word, `'${host.name}' does not resolve to an address`);
      }
      return { kind: "udp", ip: found.ip, port: number };
    }
  }
}

/** `<range>[,<range>]*:<size>`: of every `size` lines those whose number, from 1, is in a range are sent. */
function takeSample(args: Args): LogTargetModel["sample"] {
  const word = args.take("<ranges>:<size>");
  if (word === null) return null;
  const bad = (why: string) =>
    args.error("config/bad-value", word, `'${word.text}' is not a sample: ${why}`, "for instance 1,3-4:10");
  const colon = word.text.lastIndexOf(":");
  if (colon < 0) return bad("the size behind ':' is missing");
  const sizeText = word.text.slice(colon + 1);
  if (!/^[1-9]\d{0,8}$/.test(sizeText)) return bad(`'${sizeText}' is not a size`);
  const size = Number(sizeText);
  const ranges: [number, number][] = [];
  for (const text of word.text.slice(0, colon).split(",")) {
    const match = /^([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?$/.exec(text);
    if (match === null) return bad(`'${text}' is not a range`);
    const low = Number(match[1]);
    const high = match[2] === undefined ? low : Number(match[2]);
    if (high < low) return bad(`'${text}' ends before it starts`);
    ranges.push([low, high]);
  }
  ranges.sort((a, b) => a[0] - b[0]);
  for (const [i, [low]] of ranges.entries()) {
    const before = ranges[i - 1];
    if (before !== undefined && low <= before[1]) return bad("the ranges overlap");
  }
  const last = ranges[ranges.length - 1]!;
  if (last[1] > size) return bad(`the size must be at least ${last[1]}`);
  return { ranges, size };
}
