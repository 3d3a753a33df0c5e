import type { Diagnostic } from "../lang/diagnostic.ts";
import type { ParseEnv } from "./env.ts";
import { type LoadResult, loadText } from "./load.ts";

/** A machine that is the same everywhere: four CPUs, user root, two files, one host name. */
export function testEnv(files: Readonly<Record<string, string>> = {}): ParseEnv {
  return {
    files: ["t.cfg"],
    variables: {},
    cpus: 4,
    readDir: () => null,
    isFile: () => false,
    readFile: (path) => {
      const text = Object.hasOwn(files, path) ? files[path] : undefined;
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return text;
    },
    userId: (name) => (name === "root" ? 0 : name === "haproxy" ? 113 : null),
    groupId: (name) => (name === "root" ? 0 : name === "haproxy" ? 116 : null),
    resolve: (name, family) => (name === "localhost" && family !== 6 ? { family: 4, ip: "127.0.0.1" } : null),
  };
}

/** Reads, parses and checks a text as the file t.cfg on the test machine. */
export function parseText(text: string, files: Readonly<Record<string, string>> = {}): LoadResult {
  return loadText(text, "t.cfg", { variables: {}, env: testEnv(files) });
}

/** Files golden cases may name. */
const GOLDEN_FILES = {
  "/etc/errors/503.http": "HTTP/1.0 503 Down\r\nContent-Length: 3\r\n\r\nabc",
  "/etc/errors/page.html": "<html>down</html>",
};

export function runGolden(config: string): LoadResult {
  return parseText(config, GOLDEN_FILES);
}

/** `severity line:column-endColumn code: message (hint)`. */
export function renderFinding({ severity, at, endColumn, code, message, hint }: Diagnostic): string {
  return `${severity} ${at.line}:${at.column}-${endColumn} ${code}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
}

/** The value at a dotted path, e.g. `proxies.0.binds.1.address`. */
export function valueAt(model: unknown, path: string): unknown {
  let value = model;
  for (const key of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}
