/** Makes whole configurations of snippets: files where the paths point to, a defaults section, and the backends that rules name. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Snippet } from "./extract.ts";

/** Before every snippet; its own defaults section replaces it. */
const DEFAULTS = [
  "defaults",
  "    mode http",
  "    timeout connect 5s",
  "    timeout client 30s",
  "    timeout server 30s",
];

const ERROR_PAGE =
  "HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html>down</html>\r\n";

const TABLE = "    stick-table type ip size 1m expire 10m store http_req_rate(10s),conn_cur,bytes_out_rate(60s)";

/** The text of a configuration file; the files it names are created below `dir`. `certificate`: in PEM with its key. */
export function supply(snippet: Snippet, dir: string, certificate: string): string {
  const lines = joined(snippet.lines).map((line) =>
    line
      .replace(/^(\s*(?:user|group)) haproxy$/, "$1 root")
      .replace(/(^|[\s(])(\/(?:etc|run|var)\/[^\s,)]*)/g, (_, before: string, path: string) => before + dir + path),
  );
  const text = [...DEFAULTS, "", ...lines, ...missing(lines)].join("\n");
  for (const [path] of text.matchAll(new RegExp(`${dir}/[^\\s,)]*`, "g"))) create(path, certificate);
  return `${text}\n`;
}

/** The texts break long lines by a backslash, which the language does not know. */
function joined(lines: readonly string[]): string[] {
  return lines
    .join("\n")
    .replace(/\s*\\\n\s*/g, " ")
    .split("\n");
}

function create(path: string, certificate: string): void {
  const file = path.endsWith("/") ? join(path, "site.pem") : path;
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file) || file.endsWith(".sock")) return;
  if (file.endsWith(".http")) writeFileSync(file, ERROR_PAGE);
  else if (file.endsWith(".pem")) writeFileSync(file, certificate);
  else if (file.endsWith(".map")) writeFileSync(file, "api.example.com api_servers\nwww.example.com web_servers\n");
  else if (file.endsWith(".txt")) writeFileSync(file, "192.0.2.0/24\n");
  else mkdirSync(file, { recursive: true });
}

/** Sections for the names that rules use and the snippet does not define. */
function missing(lines: readonly string[]): string[] {
  const text = lines.join("\n");
  const named = (pattern: RegExp): Set<string> => new Set([...text.matchAll(pattern)].map((found) => found[1]!));
  const known = named(/^\s*(?:backend|listen|frontend) (\S+)/gm);
  const tables = named(/ table (\w+)/g);
  const backends = new Set([...named(/^\s*(?:use|default)_backend ([\w-]+)/gm), ...tables]);
  const tcp = /^\s*mode\s+tcp/m.test(text);
  return [...backends]
    .filter((name) => !known.has(name))
    .flatMap((name) => [
      "",
      `backend ${name}`,
      ...(tcp ? ["    mode tcp"] : []),
      ...(tables.has(name) ? [TABLE] : []),
      "    server added 127.0.0.1:8000",
    ]);
}
