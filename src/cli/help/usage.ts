/** `tlb help COMMAND` and `tlb COMMAND --help`: made from the definitions the command line is parsed with. */
import type { ArgDef, ArgsDef, CommandDef } from "citty";
import { createColors } from "picocolors";
import type { commands } from "../index.ts";
import { type HelpStyle, wrap } from "./render.ts";

interface Notes {
  /** What exit codes mean, beside 2, which is the same for all commands. */
  readonly exits: readonly (readonly [code: string, meaning: string])[];
  readonly examples: readonly string[];
}

const UNREACHED = "the running tlb cannot be reached";

const notes: Readonly<Record<keyof typeof commands, Notes>> = {
  serve: {
    exits: [
      ["0", "it was told to end (SIGTERM, SIGUSR1)"],
      ["1", "it cannot start"],
      ["130", "Ctrl-C"],
    ],
    examples: ["tlb serve -f lb.cfg", "tlb serve -f lb.cfg -D -p /run/tlb.pid"],
  },
  check: {
    exits: [
      ["0", "no errors"],
      ["1", "errors, with --strict also warnings"],
    ],
    examples: ["tlb check lb.cfg", "tlb check -f lb.cfg --strict --json"],
  },
  fmt: {
    exits: [
      ["0", "all files could be laid out, and with --check are"],
      ["1", "a file could not be read or written, holds errors, or with --check is laid out otherwise"],
    ],
    examples: ["tlb fmt lb.cfg", "tlb fmt -w conf.d", "tlb fmt --check lb.cfg"],
  },
  explain: {
    exits: [
      ["0", "the request was explained, whatever becomes of it"],
      ["1", "the configuration has errors, or --live cannot reach the running tlb"],
    ],
    examples: ["tlb explain -f lb.cfg http://example.com/path -H 'X-Key: 1' --src 10.2.3.4"],
  },
  reload: {
    exits: [
      ["0", "the new configuration is in force"],
      ["1", `it was refused and the old one stays, or ${UNREACHED}`],
    ],
    examples: ["tlb reload", "tlb reload -f lb.cfg"],
  },
  upgrade: {
    exits: [
      ["0", "the new program serves"],
      ["1", `it could not and the old one goes on, or ${UNREACHED}`],
    ],
    examples: ["tlb upgrade"],
  },
  drain: {
    exits: [
      ["0", "done"],
      ["1", `there is no such server, or ${UNREACHED}`],
    ],
    examples: ["tlb drain app/web2", "tlb drain --undo app/web2"],
  },
  stats: {
    exits: [
      ["0", "shown"],
      ["1", `there is no such proxy, or ${UNREACHED}`],
    ],
    examples: ["tlb stats --watch", "tlb stats app --json"],
  },
  socket: {
    exits: [
      ["0", "the answer is no error"],
      ["1", `the answer is an error, or ${UNREACHED}`],
    ],
    examples: ["tlb socket show info", "tlb socket set server app/web1 weight 50%"],
  },
  demo: {
    exits: [
      ["0", "it ran; with --once, no request failed"],
      ["1", "it could not start, or a request failed"],
      ["130", "Ctrl-C before it served"],
    ],
    examples: ["tlb demo", "tlb demo --once"],
  },
  version: { exits: [["0", "always"]], examples: ["tlb version --json"] },
  completions: {
    exits: [["0", "printed"]],
    examples: [
      "source <(tlb completions bash)",
      "tlb completions zsh > ~/.zfunc/_tlb",
      "tlb completions fish > ~/.config/fish/completions/tlb.fish",
    ],
  },
  haproxy: {
    exits: [
      ["0", "as HAProxy: it was told to end, or the configuration is valid (-c)"],
      ["1", "errors, or a mistake in the command line; tlb haproxy -h lists the options"],
      ["2", "with -c: the configuration has no listener"],
    ],
    examples: ["tlb haproxy -c -f haproxy.cfg", "ln -s tlb haproxy"],
  },
};

const MAX_WIDTH = 100;
/** Descriptions need this much beside their option, or get lines of their own. */
const MIN_TEXT = 30;

/** The help text of one command; lines fit the width where their words do. */
export function renderUsage(
  name: keyof typeof commands,
  { meta, args }: CommandDef<ArgsDef>,
  style: HelpStyle,
): string {
  const { bold } = createColors(style.color);
  const width = style.width > 0 ? Math.min(style.width, MAX_WIDTH) : MAX_WIDTH;
  const defs = Object.entries((args ?? {}) as ArgsDef);
  const positional = defs.filter(([, def]) => def.type === "positional");
  const options = defs.filter(([, def]) => def.type !== "positional");
  const { exits, examples } = notes[name];
  const description = meta !== undefined && "description" in meta ? (meta.description ?? "") : "";
  const words = positional.map(([arg, def]) => placeholder(arg, def));
  const section = (title: string, rows: readonly (readonly [string, string])[]): string =>
    rows.length === 0 ? "" : `\n${bold(title)}\n${table(rows, width, style)}`;
  return [
    wrapped(description, 0, width),
    `\n${bold("Usage")}  ${["tlb", name, "[options]", ...words].join(" ")}\n`,
    section(
      "Arguments",
      positional.map(([arg, def]) => [arg.toUpperCase(), def.description ?? ""]),
    ),
    section("Options", [
      ...options.map(([option, def]) => [flags(option, def), def.description ?? ""] as const),
      ["-h, --help", "Show this"],
    ]),
    section("Exit codes", withUsageErrors(exits)),
    examples.length === 0 ? "" : `\n${bold("Examples")}\n${examples.map((line) => `  ${line}\n`).join("")}`,
  ].join("");
}

/** In the order of their numbers. */
function withUsageErrors(exits: Notes["exits"]): Notes["exits"] {
  if (exits.some(([code]) => code === "2")) return exits;
  const all = [...exits, ["2", "a mistake in the command line"] as const];
  return all.sort(([a], [b]) => Number(a) - Number(b));
}

function placeholder(name: string, def: ArgDef): string {
  const word = `${name.toUpperCase()}${def.type === "positional" && def.valueHint === "..." ? "..." : ""}`;
  return def.required === false ? `[${word}]` : word;
}

function flags(name: string, def: ArgDef): string {
  const alias = "alias" in def && typeof def.alias === "string" ? `-${def.alias}, ` : "    ";
  const value = def.type === "string" && def.valueHint !== undefined ? ` <${def.valueHint}>` : "";
  return `${alias}--${name}${value}`;
}

/** Names on the left, what they are on the right, or below in narrow terminals. */
function table(rows: readonly (readonly [string, string])[], width: number, style: HelpStyle): string {
  const { cyan } = createColors(style.color);
  const longest = Math.max(...rows.map(([name]) => name.length));
  const column = Math.min(longest, 30) + 4;
  if (width - column < MIN_TEXT) {
    return rows.map(([name, text]) => `  ${cyan(name)}\n${wrapped(text, 6, width)}`).join("");
  }
  return rows
    .map(([name, text]) => {
      const right = wrapped(text, column, width);
      return name.length + 4 > column
        ? `  ${cyan(name)}\n${right}`
        : `  ${cyan(name)}${" ".repeat(column - 2 - name.length)}${right.trimStart()}`;
    })
    .join("");
}

function wrapped(text: string, indent: number, width: number): string {
  return wrap(text, Math.max(20, width - indent))
    .map((line) => `${" ".repeat(indent)}${line}\n`)
    .join("");
}
