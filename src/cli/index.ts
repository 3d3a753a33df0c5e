/** The registry of commands and what happens before one runs. */
import { existsSync } from "node:fs";
import type { ArgsDef, CommandDef } from "citty";
import { runCommand } from "citty";
import { createColors } from "picocolors";
import { didYouMean } from "../lang/suggest.ts";
import { scanStrictly, UsageError } from "./command.ts";
import { check } from "./commands/check.ts";
import { completions } from "./commands/completions.ts";
import { demo } from "./commands/demo.ts";
import { drain } from "./commands/drain.ts";
import { explain } from "./commands/explain.ts";
import { fmt } from "./commands/fmt.ts";
import { haproxy } from "./commands/haproxy.ts";
import { reload } from "./commands/reload.ts";
import { serve } from "./commands/serve.ts";
import { socket } from "./commands/socket.ts";
import { stats } from "./commands/stats.ts";
import { upgrade } from "./commands/upgrade.ts";
import { version } from "./commands/version.ts";
import { findFamily, findGroup, findTopics, groups, helpWords, suggestTopic } from "./help/index.ts";
import { renderGroup, renderGroups, renderTopic } from "./help/render.ts";
import { endWithoutOutput } from "./output.ts";
import { renderUsage } from "./help/usage.ts";
import { terminalWidth, wantsColor } from "./terminal.ts";
import { longVersion, shortVersion } from "./version.ts";
import { codeOf, messageOf } from "../util/error.ts";

/** By name, in the order the help shows them. */
export const commands = {
  serve,
  check,
  fmt,
  explain,
  reload,
  upgrade,
  drain,
  stats,
  socket,
  demo,
  version,
  completions,
  haproxy,
} as const;

type Name = keyof typeof commands;

function isCommand(name: string): name is Name {
  return Object.hasOwn(commands, name);
}

/** Runs the command line after the program's name; resolves with the exit code: 2 for mistakes in it. */
export async function runCli(argv: readonly string[]): Promise<number> {
  // The load balancer goes on without anybody who reads its messages.
  if (argv[0] !== "serve" && argv[0] !== "haproxy") endWithoutOutput();
  try {
    return await dispatch(argv);
  } catch (error) {
    const { red } = createColors(wantsColor(process.stderr));
    process.stderr.write(`${red("error")}: ${explained(error)}\n`);
    return error instanceof UsageError ? error.exitCode : 1;
  }
}

/** A mistake of the caller, what the system refused, or else one of ours: with the place, for a report. */
function explained(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  const text = messageOf(error);
  if (codeOf(error) !== "") return error instanceof Error && "path" in error ? `${String(error.path)}: ${text}` : text;
  const trace = process.env["TLB_TRACE"] === undefined || !(error instanceof Error) ? "" : `\n${error.stack ?? ""}`;
  return `${text}; this is a fault of tlb itself, TLB_TRACE=1 shows where${trace}`;
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  switch (first) {
    case undefined:
      process.stderr.write(overview());
      return 2;
    case "-h":
    case "--help":
    case "help":
      if (rest[0] === undefined || rest[0] === "-h" || rest[0] === "--help") process.stdout.write(overview());
      // For the completion of shells, which ask at run time.
      else if (rest[0] === "--words") process.stdout.write(`${helpWords().join("\n")}\n`);
      else process.stdout.write(reference(rest));
      return 0;
    case "-v":
    case "--version":
      process.stdout.write(`${shortVersion()}\n`);
      return 0;
    case "-vv":
      process.stdout.write(`${longVersion()}\n`);
      return 0;
  }
  const name = named(first);
  if (name === "haproxy") return run(haproxy, rest);
  const options = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (options.some((word) => word === "-h" || word === "--help")) {
    process.stdout.write(help(name));
    return 0;
  }
  scanStrictly(rest, (commands[name].args ?? {}) as ArgsDef);
  return run(commands[name], rest);
}

function named(word: string): Name {
  if (isCommand(word)) return word;
  if (word.startsWith("-")) {
    const global = ["--help", "--version"];
    const begun = global.find((name) => word.length > 2 && name.startsWith(word));
    const known = begun === undefined ? didYouMean(word, global) : `did you mean '${begun}'?`;
    // What a command takes stands behind its name; HAProxy's options are the haproxy role's.
    const hint = /^-[cfDVqWdnNpmLCxS]/.test(word)
      ? "'tlb serve -f FILE', 'tlb check -f FILE', or HAProxy's options behind 'tlb haproxy'"
      : (known ?? "tlb --help lists the commands");
    throw new UsageError(`unknown option '${word}'; ${hint}`);
  }
  const hint = existsSync(word)
    ? `'tlb check ${word}' and 'tlb serve ${word}' take files`
    : (didYouMean(word, Object.keys(commands)) ?? "tlb --help lists the commands");
  throw new UsageError(`unknown command '${word}'; ${hint}`);
}

/** Commands differ in their arguments; running one needs none of that. */
type AnyCommand = (typeof commands)[Name];

async function run(command: AnyCommand, rawArgs: readonly string[]): Promise<number> {
  const { result } = await runCommand(command as CommandDef<ArgsDef>, { rawArgs: [...rawArgs], data: commands });
  return typeof result === "number" ? result : 0;
}

function help(name: Name): string {
  return renderUsage(name, commands[name], {
    color: wantsColor(process.stdout),
    width: terminalWidth(),
  });
}

/** Help about a command, a list, or whatever has the name; several things may share one. */
function reference(words: readonly string[]): string {
  const style = { color: wantsColor(process.stdout), width: terminalWidth() };
  const first = words[0]!;
  const parts: string[] = [];
  if (words.length === 1 && isCommand(first)) parts.push(help(first));
  parts.push(...findTopics(words).map((topic) => renderTopic(topic, style)));
  const group = findGroup(words.join(" "));
  if (group !== null) parts.push(renderGroup(group, style));
  const family = parts.length === 0 ? findFamily(first) : null;
  if (family !== null) parts.push(renderGroup(family, style));
  if (parts.length > 0) return parts.join("\n");
  const near = suggestTopic(words, Object.keys(commands));
  const hint = near === null ? "tlb help lists what there is" : `did you mean '${near}'?`;
  throw new UsageError(`there is no help about '${words.join(" ")}'; ${hint}`);
}

function overview(): string {
  const { bold, cyan } = createColors(wantsColor(process.stdout));
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { meta }]) => {
    const description = meta !== undefined && "description" in meta ? meta.description : "";
    return `  ${cyan(name.padEnd(width))}  ${description}`;
  });
  return `${shortVersion()}: a load balancer that speaks HAProxy's configuration language

${bold("Usage")}  tlb <command> [options]

${lines.join("\n")}

tlb help <command> shows its options. Begin with: tlb demo

${renderGroups(groups, { color: wantsColor(process.stdout), width: terminalWidth() })}`;
}
