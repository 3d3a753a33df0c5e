import { describe, expect, test } from "bun:test";
import { Diagnostics } from "../lang/diagnostic.ts";
import { parseExpression } from "./parse.ts";
import { compileText } from "./testing.helper.ts";
import type { CompileOptions } from "./compile.ts";
import { converters } from "./conv/index.ts";

const at = { file: "t.cfg", line: 3, column: 11 };

describe("parseExpression", () => {
  test("names, arguments and their places", () => {
    const parsed = parseExpression("req.hdr(\"x,y\", 2),lower,concat('a)')", at, new Diagnostics())!;
    const { fetch, converters: chain } = parsed.expression;
    expect(fetch.name).toBe("req.hdr");
    expect(fetch.at.column).toBe(11);
    expect(fetch.endColumn).toBe(18);
    expect(fetch.args!.map((arg) => [arg.text, arg.at.column, arg.endColumn])).toEqual([
      ["x,y", 19, 24],
      [" 2", 25, 27],
    ]);
    expect(chain.map((call) => [call.name, call.at.column])).toEqual([
      ["lower", 29],
      ["concat", 35],
    ]);
    expect(chain[1]!.args!.map((arg) => arg.text)).toEqual(["a)"]);
    expect(parsed.end).toBe(36);
  });

  test.each([
    ["path]rest", 4],
    ["path,lower]", 10],
    ["path,]", 5],
    ["path()]", 6],
    ["path x", 4],
  ])("embedded %j ends at %d", (text, end) => {
    const diagnostics = new Diagnostics();
    expect(parseExpression(text, at, diagnostics, { embedded: true })!.end).toBe(end);
    expect(diagnostics.list).toEqual([]);
  });
});

const bad: readonly [string, string, number, Partial<CompileOptions>?][] = [
  ["", "expr/missing-name", 1],
  ["path,lower;x", "expr/missing-comma", 11],
  ["hdr(a", "expr/missing-parenthesis", 4],
  ['hdr("a)', "expr/unmatched-quote", 5],
  ["pth", "expr/unknown-fetch", 1],
  ["path,lowr", "expr/unknown-converter", 6],
  ["lower", "expr/unknown-fetch", 1],
  ["path,path", "expr/unknown-converter", 6],
  ["hdr(a,1,2)", "expr/extra-argument", 9],
  ["hdr(a,1x)", "expr/bad-argument", 7],
  ["hdr(a,-11)", "expr/bad-argument", 7],
  ["path,concat()", "", 0],
  ["req.payload(1)", "expr/missing-argument", 14],
  ["ipv4(1.2.3)", "expr/bad-argument", 6],
  ["var(txn.a-b)", "expr/bad-argument", 5],
  ["http_auth(none)", "expr/bad-argument", 11],
  ["src,add(1),ipmask(99)", "expr/bad-argument", 19],
  ["bool(1),ipmask(8)", "expr/type", 9],
  ["status", "expr/phase", 1, { phase: "request", invalid: "error" }],
  ["path", "expr/phase", 1, { phase: "response", invalid: "error" }],
  ["method", "expr/type", 1, { want: "ipv4" }],
];

describe("diagnostics", () => {
  test.each(bad.map(([text, code, column, options = {}]) => ({ text, code, column, options })))(
    "$text",
    ({ text, code, column, options }) => {
      const { diagnostics } = compileText(text, options, undefined, [...converters.values()]);
      const found = diagnostics.list.filter((d) => d.severity === "error").map((d) => [d.code, d.at.column]);
      expect(found).toEqual(code === "" ? [] : [[code, column]]);
    },
  );

  test("suggest the name that was meant", () => {
    expect(compileText("req.hdrr(a)").diagnostics.list[0]!.hint).toContain("req.hdr");
    const { diagnostics } = compileText("path,lowre", { phase: "request" }, undefined, [...converters.values()]);
    expect(diagnostics.list[0]!.hint).toContain("lower");
  });

  test("a fetch in the wrong place is a warning for ACLs and still compiles", () => {
    const { expression, diagnostics } = compileText("status", { phase: "request", invalid: "warning" });
    expect(expression).not.toBeNull();
    expect(diagnostics.failed).toBe(false);
    expect(diagnostics.list[0]!.hint).toContain("http-response");
  });
});
