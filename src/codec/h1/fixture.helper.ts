/** Reader of the wire fixtures (fixtures/*.md); test helper. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Fixture {
  readonly section: string;
  /** The bytes, latin1. */
  readonly wire: string;
  /** Expectation with all checks on, and with option accept-invalid-http-request/response (the same unless the case says so). */
  readonly strict: string;
  readonly relaxed: string;
  readonly line: number;
}

/** Turns \r \n \t \\ and \xNN into bytes. */
function unescape(text: string): string {
  return text.replace(/\\(?:r|n|t|\\|x[0-9a-f]{2})/g, (e) => {
    if (e === "\\r") return "\r";
    if (e === "\\n") return "\n";
    if (e === "\\t") return "\t";
    if (e === "\\\\") return "\\";
    return String.fromCharCode(Number.parseInt(e.slice(2), 16));
  });
}

export function escape(bytes: string): string {
  let out = "";
  for (const c of bytes) {
    const code = c.charCodeAt(0);
    if (c === "\r") out += "\\r";
    else if (c === "\n") out += "\\n";
    else if (c === "\t") out += "\\t";
    else if (c === "\\") out += "\\\\";
    else if (code < 32 || code > 126) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else out += c;
  }
  return out;
}

/**
 * Cases are lines: `< bytes`, then `> bytes written`, `! error name` or `?` (more is needed); `~> ...`, `~! ...`, `~?` where the
 * relaxed verdict differs.
 */
export function readFixtures(name: string): Fixture[] {
  const cases: Fixture[] = [];
  let section = "";
  let wire: string | undefined;
  let strict = "";
  let relaxed: string | undefined;
  let at = 0;
  const flush = (): void => {
    if (wire !== undefined) cases.push({ section, wire, strict, relaxed: relaxed ?? strict, line: at });
    wire = relaxed = undefined;
  };
  const text = readFileSync(join(import.meta.dir, "fixtures", name), "utf8");
  text.split("\n").forEach((line, i) => {
    if (line.startsWith("## ")) {
      flush();
      section = line.slice(3);
    } else if (line.startsWith("    < ")) {
      flush();
      wire = unescape(line.slice(6));
      at = i + 1;
    } else if (line.startsWith("    ~")) {
      relaxed = expectation(line.slice(5));
    } else if (line.startsWith("    ")) {
      strict = expectation(line.slice(4));
    }
  });
  flush();
  return cases;
}

function expectation(text: string): string {
  return text.startsWith("> ") ? `> ${unescape(text.slice(2))}` : text;
}
