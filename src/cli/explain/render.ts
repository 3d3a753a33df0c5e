/** Explanations for people: at most 80 columns where the texts themselves allow it. */
import type { Colors } from "picocolors/types";
import type { Candidate, Explanation, RuleStep, ServerChoice, TestedAcl } from "./result.ts";
import { printable, quoted } from "./values.ts";

const COLUMNS = 80;

/** Before the server that gets the request. */
const ARROW = " ->";

/** Marks of rules: applied, not, never reached. */
const MARKS = { yes: "yes", no: " no", never: "  -" } as const;

export function render(found: Explanation, paint: Colors): string {
  const out: string[] = [];
  const { request, frontend, backend, choice, forwarded, answer } = found;
  const first = request.text.split("\r\n")[0] ?? "";
  out.push(paint.bold(fit(/^[\x20-\x7e]+$/.test(first) ? first : `${request.text.length} bytes`)));
  out.push(`from ${request.source} to ${request.destination}`);
  out.push(
    `frontend ${paint.bold(frontend.name)}, ${place(frontend)}, mode ${frontend.mode}${frontend.tls ? ", TLS" : ""}`,
  );
  if (found.malformed !== null) out.push(paint.red(`this is no valid request: ${found.malformed}`));
  let heading = "";
  for (const step of found.steps) {
    if (step.kind === "wait") {
      out.push("", `... ${step.ms} ms pass`);
      heading = "";
      continue;
    }
    const next = `${step.ruleset} rules of ${step.proxy}`;
    if (next !== heading) out.push("", paint.bold(next));
    heading = next;
    out.push(...ruleLines(step, paint));
  }
  out.push("");
  if (backend !== null) {
    const rule = backend.rule === null ? "" : ` of ${place(backend.rule)}`;
    const by = backend.by === "listen" ? "its own servers" : `by ${backend.by}${rule}`;
    out.push(`backend ${paint.bold(backend.name)}, ${place(backend)}, ${by}`);
  } else out.push("no backend");
  if (choice !== null) out.push(...choiceLines(choice, paint));
  if (forwarded !== null) out.push("", paint.bold(`the server gets${overTls(found.serverTls)}`), ...message(forwarded));
  if (answer !== null) out.push("", paint.bold("the client gets"), ...message(answer));
  else if (forwarded === null) out.push("", found.closed ? "the connection is closed without an answer" : "no answer");
  return `${out.join("\n")}\n`;
}

function ruleLines(step: RuleStep, paint: Colors): string[] {
  const { applied, verdict } = step;
  const mark = applied === null ? (verdict === "waits" ? "..." : MARKS.never) : applied ? MARKS.yes : MARKS.no;
  const color = applied === true ? paint.green : applied === false ? (text: string) => text : paint.dim;
  const [head, ...rest] = wrap(`${place(step)}  ${printable(step.text)}`, COLUMNS - 4);
  const out = [`${color(mark)} ${applied === null ? paint.dim(head!) : head}`, ...rest.map((line) => `    ${line}`)];
  if (applied === null && verdict === null) return out;
  for (const acl of step.acls)
    out.push(...wrap(aclText(acl), COLUMNS - 6).map((line, i) => `${i === 0 ? "      " : "        "}${line}`));
  for (const change of step.changes) out.push(paint.cyan(fit(`      ${printable(change)}`)));
  if (applied === true && verdict === "stop") out.push("      the rules behind it are passed over");
  if (applied === true && verdict === "answered") out.push("      the request ends here");
  if (verdict === "waits") out.push("      waits");
  return out;
}

/** `is_api: true, path "/api/x" matches "/api/"`. */
function aclText({ name, negated, criterion, result, sample, pattern, line }: TestedAcl): string {
  const who = name === null ? `{ ${criterion} }` : `${name} (line ${line}, ${criterion})`;
  const value = sample === null ? "no sample" : sample;
  const match = pattern === null ? "" : ` matches ${quoted(pattern)}`;
  return `${negated ? "!" : ""}${who}: ${result}, ${value}${match}`;
}

function choiceLines(choice: ServerChoice, paint: Colors): string[] {
  const { algorithm, keys, persistence, candidates, server, fixed } = choice;
  const out = [`balance ${algorithm}${keys.length === 0 ? "" : `: ${[...new Set(keys)].join(", ")}`}`];
  if (persistence !== null) out.push(persistence);
  const width = Math.max(0, ...candidates.map(({ name }) => name.length));
  const wide = Math.max(0, ...candidates.map(({ address }) => address.length));
  const all = total(candidates);
  for (const one of candidates) {
    const mark = one.name === server ? ARROW : "   ";
    const share = one.usable && !one.backup && all > 0 ? ` (${Math.round((100 * one.weight) / all)} %)` : "";
    const notes = [one.backup ? "backup" : "", one.note].filter((note) => note !== "").join(", ");
    out.push(
      `${mark} ${one.name.padEnd(width)}  ${one.address.padEnd(wide)}  weight ${one.weight}${share}${notes === "" ? "" : `, ${notes}`}`,
    );
  }
  if (server === null) out.push("no server takes it");
  else if (!fixed) out.push(`${server} is the first in turn of a process that has just started`);
  return out.map(fit).map((line) => (line.startsWith(ARROW) ? paint.green(ARROW) + line.slice(ARROW.length) : line));
}

function overTls(tls: Explanation["serverTls"]): string {
  if (tls === null) return "";
  return tls.name === null ? ", over TLS" : `, over TLS as ${printable(tls.name)}`;
}

function total(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, one) => sum + (one.usable && !one.backup ? one.weight : 0), 0);
}

/** Lines of a head, and how long the body is. */
function message(text: string): string[] {
  const end = text.indexOf("\r\n\r\n");
  if (!/^[\x20-\x7e]+\r\n/.test(text) || end < 0) return [`    ${text.length} bytes`];
  const lines = text.slice(0, end).split("\r\n");
  const out = lines.flatMap((line) =>
    wrap(printable(line), COLUMNS - 8).map((part, i) => `${i === 0 ? "    " : "        "}${part}`),
  );
  const body = text.length - end - 4;
  return body === 0 ? out : [...out, `    (a body of ${body} bytes)`];
}

function place({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file}:${line}`;
}

function fit(text: string): string {
  return text.length <= COLUMNS ? text : `${text.slice(0, COLUMNS - 3)}...`;
}

/** Breaks at blanks; a longer word stays whole. */
function wrap(text: string, width: number): string[] {
  const out: string[] = [];
  let line = "";
  // A brace that closes stays with what is before it.
  for (const word of text.split(/ (?!\}(?: |$))/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      out.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  out.push(line);
  return out;
}
