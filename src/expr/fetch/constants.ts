/** Constants, the process and its environment (manual, section 7.3.2). */
import { randomUUID } from "node:crypto";
import { methodNames } from "../../codec/h1/flags.ts";
import type { ArgSpec } from "../args.ts";
import type { SampleContext } from "../context.ts";
import { toSint } from "../number.ts";
import type { SampleKind, Value } from "../sample.ts";
import type { Use } from "../validity.ts";
import type { Fetcher, FetchRow } from "./types.ts";

function row(name: string, type: SampleKind, help: string, fetch: Fetcher, use: Use = "const"): FetchRow {
  return { name, args: [], type, use: [use], help, make: () => fetch };
}

function constant(
  name: string,
  type: SampleKind,
  arg: ArgSpec["type"],
  help: string,
  make: (text: string) => Value | null,
): FetchRow {
  return {
    name,
    args: [{ name: type === "meth" ? "method" : name, type: arg }],
    type,
    use: ["const"],
    help,
    make: ([given]) => {
      const value = given!.bytes ?? (arg === "int" ? given!.int : make(given!.text));
      return value === null ? { message: `'${given!.text}' is not valid here`, arg: 0 } : () => value;
    },
  };
}

function hex(text: string): string | null {
  if (text === "" || text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  return Buffer.from(text, "hex").toString("latin1");
}

const booleans: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };

/** Added to what a date fetch yields. */
function plus(value: number, offset: number | bigint): number | bigint {
  return typeof offset === "number" ? value + offset : toSint(BigInt.asIntN(64, BigInt(value) + offset));
}

/** Epoch µs: the clock of the stream, with what the millisecond leaves out. */
function micros(ctx: SampleContext): number {
  const exact = Math.floor((performance.timeOrigin + performance.now()) * 1000);
  return Math.floor(exact / 1000) === ctx.now ? exact : ctx.now * 1000;
}

/** Without a stream there is no such thing. */
function ofStream(fetch: Fetcher): Fetcher {
  return (ctx) => (ctx.hasStream === false ? null : fetch(ctx));
}

/** The client's side, and the server's once it has answered. */
function calls(ctx: SampleContext): number {
  return ctx.responseVersion === 0 ? 1 : 2;
}

export const constantFetches: readonly FetchRow[] = [
  row("always_true", "bool", "Always true", () => true),
  row("always_false", "bool", "Always false", () => false),
  constant("bool", "bool", "str", "A boolean: true, false, 1 or 0", (text) => booleans[text.toLowerCase()] ?? null),
  constant("int", "sint", "int", "An integer", () => null),
  constant("str", "str", "str", "A string", (text) => text),
  constant("bin", "bin", "str", "Binary data, written in hexadecimal", hex),
  constant("ipv4", "ipv4", "ipv4", "An IPv4 address", () => null),
  constant("ipv6", "ipv6", "ipv6", "An IPv6 address", () => null),
  constant("meth", "meth", "str", "A method", (text) => methodNames.find((name) => name === text) ?? text),
  {
    name: "env",
    args: [{ name: "name", type: "str" }],
    type: "str",
    use: ["const"],
    help: "An environment variable",
    make: ([arg]) => {
      const name = arg!.text;
      return (ctx) => ctx.process.env(name);
    },
  },
  {
    name: "date",
    args: [
      { name: "offset", type: "int", optional: true },
      { name: "unit", type: "str", optional: true },
    ],
    type: "sint",
    use: ["const"],
    help: "Seconds since 1970, or with a unit ms or us, plus an offset",
    make: ([offset, unit]) => {
      const add = offset?.int ?? 0;
      switch (unit?.text ?? "s") {
        case "":
        case "s":
          return (ctx) => plus(Math.floor(ctx.now / 1000), add);
        case "ms":
          return (ctx) => plus(ctx.now, add);
        case "us":
          return (ctx) => plus(micros(ctx), add);
        default:
          return { message: `'${unit!.text}' is not a unit: s, ms and us are`, arg: 1 };
      }
    },
  },
  row("date_us", "sint", "Microseconds of the current second", (ctx) => micros(ctx) % 1_000_000),
  {
    name: "rand",
    args: [{ name: "range", type: "int", optional: true }],
    type: "sint",
    use: ["const"],
    help: "A random integer from 0 up to a range, by default 2^32",
    make: ([range]) => {
      // As an unsigned 32-bit number: a negative range is a large one.
      const limit = range === undefined ? 0x100000000 : Number(BigInt.asUintN(32, BigInt(range.int)));
      return limit === 0 ? () => 0 : () => Math.floor(Math.random() * limit);
    },
  },
  {
    name: "uuid",
    args: [{ name: "version", type: "int", optional: true }],
    type: "str",
    use: ["const"],
    help: "A random UUID, version 4 (RFC 9562)",
    make: ([version]) =>
      version !== undefined && Number(version.int) !== 4
        ? { message: "only version 4 of UUIDs is supported", arg: 0 }
        : () => randomUUID(),
  },
  row("hostname", "str", "Name of this machine", (ctx) => ctx.process.hostname),
  row("nbproc", "sint", "Number of processes as 2.6 counts them: 1", () => 1),
  row("proc", "sint", "Number of this process as 2.6 counts them: 1", () => 1),
  row("thread", "sint", "Number of this worker, from 0", (ctx) => ctx.process.worker),
  row("stopping", "bool", "True while the process drains", (ctx) => ctx.process.stopping, "internal"),
  row(
    "wait_end",
    "bool",
    "True at the end of the inspection delay, no sample before",
    (ctx) => {
      if (ctx.final) return true;
      ctx.mayChange = true;
      return null;
    },
    "internal",
  ),
  row(
    "prio_class",
    "sint",
    "Priority class of the stream",
    ofStream((ctx) => ctx.priorityClass),
    "internal",
  ),
  row(
    "prio_offset",
    "sint",
    "Priority offset of the stream",
    ofStream((ctx) => ctx.priorityOffset),
    "internal",
  ),
  row("last_rule_file", "str", "File of the final rule that matched", (ctx) => ctx.lastRule?.file ?? null, "internal"),
  row("last_rule_line", "sint", "Line of the final rule that matched", (ctx) => ctx.lastRule?.line ?? null, "internal"),
  // Without task profiling HAProxy counts nothing either.
  row(
    "cpu_ns_avg",
    "sint",
    "CPU time per call of the stream: 0, nothing profiles it",
    ofStream(() => 0),
    "internal",
  ),
  row(
    "cpu_ns_tot",
    "sint",
    "CPU time of the stream: 0, nothing profiles it",
    ofStream(() => 0),
    "internal",
  ),
  row(
    "lat_ns_avg",
    "sint",
    "Wait for the CPU per call: 0, nothing profiles it",
    ofStream(() => 0),
    "internal",
  ),
  row(
    "lat_ns_tot",
    "sint",
    "Wait for the CPU: 0, nothing profiles it",
    ofStream(() => 0),
    "internal",
  ),
  row(
    "cpu_calls",
    "sint",
    "How often the stream was worked on: once for each side that has said something",
    ofStream(calls),
    "internal",
  ),
  row(
    "internal.strm.is_htx",
    "bool",
    "True in mode http",
    ofStream((ctx) => ctx.mode === "http"),
    "internal",
  ),
];
