/** The registry of commands and what happens before one runs. */
import type { ArgsDef, CommandDef } from "citty";
import { renderUsage, runCommand } from "citty";
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
import { terminalWidth, wantsColor } from "./terminal.ts";
import { longVersion, shortVersion } from "./version.ts";

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
  try {
    return await dispatch(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { red } = createColors(wantsColor(process.stderr));
    process.stderr.write(`${red("error")}: ${error.message}\n`);
    return error.exitCode;
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  switch (first) {
    case undefined:
      process.stderr.write(await overview());
      return 2;
    case "-h":
    case "--help":
    case "help":
      if (rest[0] === undefined || rest[0] === "-h" || rest[0] === "--help") process.stdout.write(await overview());
      // For the completion of shells, which ask at run time.
      else if (rest[0] === "--words") process.stdout.write(`${helpWords().join("\n")}\n`);
      else process.stdout.write(await reference(rest));
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
    process.stdout.write(await help(name));
    return 0;
  }
  scanStrictly(rest, (commands[name].args ?? {}) as ArgsDef);
  return run(commands[name], rest);
}

function named(word: string): Name {
  if (isCommand(word)) return word;
  const hint = didYouMean(word, Object.keys(commands));
  const what = word.startsWith("-") ? "option" : "command";
  throw new UsageError(`unknown ${what} '${word}'; ${hint ?? "tlb --help lists the commands"}`);
}

/** Commands differ in their arguments; running one needs none of that. */
type AnyCommand = (typeof commands)[Name];

async function run(command: AnyCommand, rawArgs: readonly string[]): Promise<number> {
  const { result } = await runCommand(command as CommandDef<ArgsDef>, { rawArgs: [...rawArgs], data: commands });
  return typeof result === "number" ? result : 0;
}

async function help(name: Name): Promise<string> {
  const parent: CommandDef<ArgsDef> = { meta: { name: "tlb" } };
  return `${plainUnlessColor(await renderUsage(commands[name] as CommandDef<ArgsDef>, parent))}\n`;
}

/** Help about a command, a list, or whatever has the name; several things may share one. */
async function reference(words: readonly string[]): Promise<string> {
  const style = { color: wantsColor(process.stdout), width: terminalWidth() };
  const first = words[0]!;
  const parts: string[] = [];
  if (words.length === 1 && isCommand(first)) parts.push(await help(first));
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

async function overview(): Promise<string> {
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

/** citty colours whenever it is not told otherwise by the environment. */
function plainUnlessColor(text: string): string {
  return wantsColor(process.stdout) ? text : Bun.stripANSI(text);
}
