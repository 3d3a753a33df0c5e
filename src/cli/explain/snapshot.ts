/** What a rule can change of a stream, before and after it. */
import { Edits } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import { headSize, writeRequestHead, writeResponseHead } from "../../codec/h1/write.ts";
import { addressText } from "../../expr/cast.ts";
import type { SampleContext } from "../../expr/context.ts";
import { Variables, variableText } from "../../expr/variables.ts";
import { HttpSamples } from "../../stream/http/samples.ts";
import { valueText } from "./values.ts";

export interface Snapshot {
  readonly request: readonly string[];
  readonly response: readonly string[];
  /** By what they are called in an explanation. */
  readonly values: ReadonlyMap<string, string>;
}

const NOTHING: readonly string[] = [];

export function snapshot(stream: SampleContext): Snapshot {
  const { reqHead, resHead } = stream;
  return {
    request: reqHead === null ? NOTHING : lines(reqHead, stream.reqEdits, writeRequestHead),
    response: resHead === null ? NOTHING : lines(resHead, stream.resEdits, writeResponseHead),
    values: valuesOf(stream),
  };
}

function lines(head: Head, edits: Edits, write: typeof writeRequestHead): string[] {
  const out = Buffer.alloc(headSize(head, edits));
  return out.toString("latin1", 0, write(out, 0, head, edits) - 4).split("\r\n");
}

const SCOPES = ["sess", "txn", "req", "res"] as const;

function valuesOf(stream: SampleContext): Map<string, string> {
  const out = new Map<string, string>();
  const variables = (scope: string, store: unknown): void => {
    if (!(store instanceof Variables)) return;
    for (const id of store.ids()) {
      const cell = store.get(id)!;
      out.set(`${scope}.${variableText(id)}`, valueText(cell.value, cell.type));
    }
  };
  variables("proc", stream.process.variables);
  // Two names of one store: the request's until there is a response.
  const hidden = stream.resHead === null ? "res" : "req";
  for (const scope of SCOPES) if (scope !== hidden) variables(scope, stream.variables(scope));
  const address = (bytes: Uint8Array | null): string => (bytes === null ? "none" : addressText(bytes));
  out.set("source", address(stream.source));
  out.set("source port", String(stream.sourcePort));
  out.set("destination", address(stream.destination));
  out.set("destination port", String(stream.destinationPort));
  out.set("timeout client", `${stream.clientTimeout} ms`);
  out.set("timeout server", `${stream.serverTimeout} ms`);
  out.set("timeout tunnel", `${stream.tunnelTimeout} ms`);
  out.set("priority class", String(stream.priorityClass));
  out.set("priority offset", String(stream.priorityOffset));
  if (stream instanceof HttpSamples) out.set("log level", stream.record.logLevel ?? "as configured");
  for (const [name, slots] of [
    ["request", stream.requestCaptures],
    ["response", stream.responseCaptures],
  ] as const) {
    slots?.forEach((text, i) => text !== null && out.set(`${name} capture ${i}`, valueText(text, "str")));
  }
  return out;
}

/** What is different after a rule: `- line` and `+ line` of heads, `name = value`. */
export function changes(before: Snapshot, after: Snapshot): string[] {
  const out = [...lineChanges(before.request, after.request), ...lineChanges(before.response, after.response)];
  for (const [name, value] of after.values) if (before.values.get(name) !== value) out.push(`${name} = ${value}`);
  for (const name of before.values.keys()) if (!after.values.has(name)) out.push(`${name} is unset`);
  return out;
}

function lineChanges(before: readonly string[], after: readonly string[]): string[] {
  if (before.length === 0) return [];
  const rest = [...before];
  const added: string[] = [];
  for (const line of after) {
    const at = rest.indexOf(line);
    if (at < 0) added.push(line);
    else rest.splice(at, 1);
  }
  return [...rest.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)];
}
