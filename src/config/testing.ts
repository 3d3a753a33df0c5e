import type { Line, Word } from "../lang/line.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import type { ParseEnv } from "./env.ts";
import { parseConfig } from "./parse.ts";
import type { Model } from "./model.ts";

/** Splits plain text into lines of words for parser tests: spaces, `#` comments, double quotes; no escapes, no variables. */
export function splitLines(text: string, file = "t.cfg"): Line[] {
  const lines: Line[] = [];
  for (const [i, raw] of text.split("\n").entries()) {
    const words: Word[] = [];
    for (const match of raw.matchAll(/#.*|"([^"]*)"|\S+/g)) {
      if (match[0].startsWith("#")) break;
      const column = match.index + 1;
      words.push({
        text: match[1] ?? match[0],
        at: { file, line: i + 1, column },
        endColumn: column + match[0].length,
        quoted: match[1] !== undefined,
      });
    }
    const [first, ...rest] = words;
    if (first !== undefined) lines.push({ words: [first, ...rest], at: first.at });
  }
  return lines;
}

/** A machine that is the same everywhere: four CPUs, user root, two files, one host name. */
export function testEnv(files: Readonly<Record<string, string>> = {}): ParseEnv {
  return {
    files: ["t.cfg"],
    variables: {},
    cpus: 4,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return text;
    },
    userId: (name) => (name === "root" ? 0 : name === "haproxy" ? 113 : null),
    groupId: (name) => (name === "root" ? 0 : name === "haproxy" ? 116 : null),
    resolve: (name, family) => (name === "localhost" && family !== 6 ? { family: 4, ip: "127.0.0.1" } : null),
  };
}

export function parseText(
  text: string,
  files?: Readonly<Record<string, string>>,
): { model: Model; diagnostics: Diagnostics } {
  const diagnostics = new Diagnostics();
  const model = parseConfig(splitLines(text), testEnv(files), diagnostics);
  return { model, diagnostics };
}
