import { expect, test } from "bun:test";
import { PlainContext, plainCompileContext } from "../expr/testing.helper.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import { EMPTY_RECORD, type LogRecord } from "../log/record.ts";
import { compileFormats, type FormatsContext, type SampledRecord } from "./formats.ts";
import { registries } from "./registries.ts";

const at = { file: "lb.cfg", line: 3, column: 12 };
const textOf = (text: string) => ({ text, at, endColumn: at.column + text.length });

function context(diagnostics = new Diagnostics()): FormatsContext {
  const tags = { hostname: "box", pid: 7 };
  return { cc: plainCompileContext(), registries, tags, diagnostics, requestReaders: new Set() };
}

interface Texts {
  readonly line?: string;
  readonly structured?: string;
  readonly error?: string;
  readonly id?: string;
}

function compile(
  { line, structured, error, id }: Texts,
  diagnostics = new Diagnostics(),
  mode: "tcp" | "http" = "http",
) {
  return compileFormats(
    {
      name: "fe",
      kind: "frontend",
      mode,
      at,
      logFormat: line === undefined ? { kind: "default" } : { kind: "custom", text: line, at },
      logFormatSd: structured === undefined ? null : textOf(structured),
      errorLogFormat: error === undefined ? null : textOf(error),
      uniqueIdFormat: id === undefined ? null : textOf(id),
    },
    context(diagnostics),
  );
}

function record(ctx: PlainContext | null, more: Partial<LogRecord> = {}): SampledRecord {
  return { ...EMPTY_RECORD, ...more, sampleContext: () => ctx };
}

const asked = () => new PlainContext().request('GET /p?q=1 HTTP/1.1\r\nhost: a.test\r\nx: a%0Ab"]c\r\n\r\n');

test("samples stand beside tags, with the flags of the line", () => {
  const { line } = compile({ line: "%{+Q}o %[method] %b %{-Q}[fe_name] %[var(txn.none)]" });
  const ctx = asked();
  expect(line.format(record(ctx, { backendName: "be" }))).toBe('"GET" "be" - ""');
  expect(line.when).toBe("response");
});

test("without a stream there are no samples", () => {
  const { line, error } = compile({ line: "%[str(x)]|%ST", error: "E %{+Q}[str(x)] %ci" });
  expect(line.format(record(null))).toBe("-|-1");
  expect(error!(record(null, { clientAddress: "192.0.2.1" }))).toBe('E "" 192.0.2.1');
});

test("structured data is escaped", () => {
  const { structured } = compile({ structured: "[my@1 x=%{+Q,+E}[hostname] y=%{+Q,+E}[var(txn.x)]]" });
  const ctx = asked();
  Object.assign(ctx, { process: { ...ctx.process, hostname: 'a"]\\' } });
  expect(structured!(record(ctx))).toBe('[my@1 x="a\\"\\]\\\\" y=""]');
});

test("an id is fit for a header: percent-encoded, never quoted, nothing for what is missing", () => {
  const { uniqueId } = compile({ id: "%{+Q}[path] %{+E}[req.fhdr(x),url_dec] %[req.hdr(none)]%ci" });
  expect(uniqueId!(record(asked(), { clientAddress: "192.0.2.1" }))).toBe('/p a%0Ab\\"\\]c 192.0.2.1');
});

test("what is gone when the line is written is refused, at its place", () => {
  const diagnostics = new Diagnostics();
  compile(
    { line: "a %[req.hdr(host)]", structured: "%[res.hdr(x)]", error: "%[zork]", id: "%[res.hdr(x)]" },
    diagnostics,
  );
  expect(diagnostics.list.map((d) => `${d.severity} ${d.code} ${d.at.column}`)).toEqual([
    "error expr/phase 16",
    "error expr/phase 14",
    "error expr/unknown-fetch 14",
    "error expr/phase 14",
  ]);
});

test("tags of HTTP need mode http, samples do not", () => {
  const diagnostics = new Diagnostics();
  expect(compile({ line: "%[src] %[capture.req.uri]" }, diagnostics, "tcp").line.when).toBe("response");
  expect(diagnostics.list).toEqual([]);
  compile({ id: "%r" }, diagnostics, "tcp");
  expect(diagnostics.list.map((d) => d.code)).toEqual(["logformat/mode"]);
});
