import { describe, expect, test } from "bun:test";
import { Diagnostics } from "../../lang/diagnostic.ts";
import type { SampleContext } from "../context.ts";
import type { Value } from "../sample.ts";
import { type AclExpr, type AclFetch, FAIL, MISS, PASS } from "./acl.ts";
import { type Condition, parseCondition } from "./condition.ts";
import { aclKeywords } from "./keywords.ts";
import { predefinedAcls } from "./predefined.ts";
import { PatternStore } from "./store.ts";
import { AclTable } from "./table.ts";
import { bareContext, constantFetch, words } from "./testing.helper.ts";

/** A table over constants and a few fetches of the tests; `asked` gathers the texts handed to the compiler. */
function setup(fetches: Record<string, AclFetch> = {}, files: Record<string, string> = {}) {
  const diagnostics = new Diagnostics();
  const asked: { text: string; column: number }[] = [];
  const constants = constantFetch(fetches);
  const store = new PatternStore((path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(path), { code: "ENOENT" });
    return text;
  });
  const table = new AclTable({
    store,
    diagnostics,
    compileFetch: (text, at) => {
      asked.push({ text, column: at.column });
      const fetch = constants(text);
      if (fetch === null) diagnostics.error("sample/unknown", at, `unknown fetch '${text}'`);
      return fetch;
    },
  });
  const condition = (text: string): Condition | null => {
    const [keyword, ...rest] = words(text);
    return parseCondition(keyword!, rest, table);
  };
  const found = () =>
    diagnostics.list.map((d) => `${d.at.column} ${d.code}${d.hint?.startsWith("did") ? ` ${d.hint}` : ""}`);
  return { table, store, diagnostics, asked, condition, found, define: (text: string) => table.define(words(text)) };
}

function text(eval_: (ctx: SampleContext) => Value | null): AclFetch {
  return { type: "str", eval: eval_ };
}

describe("names", () => {
  test("lines of one name are joined by or, also those after its use", () => {
    const { define, condition } = setup();
    define("acl x str(a) b");
    const used = condition("if x")!;
    expect(used.test(bareContext())).toBe(false);
    define("acl x str(a) a");
    expect(used.test(bareContext())).toBe(true);
    expect(condition("unless x")!.test(bareContext())).toBe(false);
  });

  test("errors stand at the word that is wrong", () => {
    const { define, condition, found } = setup();
    define("acl a/b str(a) a");
    define("acl or str(a) a");
    define("acl here str(a) a");
    define("acl x str(a) -x a");
    define("acl y str(a) -m strr a");
    define("acl z int(1) 1 two");
    define("acl w bin(41) 41");
    define("acl v");
    define("acl u str(a) -f nothing");
    condition("if here !heer or { str(a) a");
    condition("if here !heer");
    expect(found()).toEqual([
      "6 acl/bad-name",
      "5 acl/bad-name",
      "14 acl/unknown-flag",
      "17 acl/unknown-method did you mean 'str'?",
      "16 acl/bad-pattern",
      "7 acl/missing-method",
      "5 acl/missing-fetch",
      "17 acl/pattern-file",
      "10 acl/undefined did you mean 'here'?",
      "18 acl/unclosed-brace",
      "10 acl/undefined did you mean 'here'?",
    ]);
  });

  test("derived keywords name fetch and method, and keep the columns of arguments", () => {
    const { define, asked } = setup({
      "req.hdr(host)": text(() => "www.example.com"),
      "req.hdr(host),lower": text(() => "www.example.com"),
    });
    expect(define("acl x hdr_dom(host) example")).toBe(true);
    expect(define("acl y hdr_dom(host),lower -m end .com")).toBe(true);
    expect(asked).toEqual([
      { text: "req.hdr(host)", column: 7 },
      { text: "req.hdr(host),lower", column: 7 },
    ]);
  });

  test("a converter after a derived keyword brings back the default method", () => {
    const { condition } = setup({ "req.hdr(host),lower": text(() => "www.example.com") });
    expect(condition("if { hdr_dom(host),lower example }")!.test(bareContext())).toBe(false);
    expect(condition("if { hdr_dom(host),lower www.example.com }")!.test(bareContext())).toBe(true);
  });

  test("the keywords and predefined names of HAProxy 2.6 are there", () => {
    expect(aclKeywords.size).toBe(77);
    expect(aclKeywords.get("scook_reg")).toMatchObject({ fetch: "res.cook", method: { name: "reg" } });
    expect(predefinedAcls.size).toBe(23);
  });
});

describe("evaluation", () => {
  test("stops at the first term that decides", () => {
    const seen: string[] = [];
    const probe = (name: string, value: string): AclFetch => text(() => (seen.push(name), value));
    const { condition } = setup({ a: probe("a", "1"), b: probe("b", "0"), c: probe("c", "1") });
    const rule = condition("if { b 1 } { a 1 } or { c 1 } or { a 1 }")!;
    expect(rule.test(bareContext())).toBe(true);
    expect(seen).toEqual(["b", "c"]);
  });

  test("missing bytes make a mismatch unknown, and negation keeps it unknown", () => {
    const later: AclFetch = {
      type: "str",
      eval: (ctx) => {
        ctx.mayChange = true;
        return null;
      },
    };
    const { condition } = setup({ later });
    const open = () => bareContext({ final: false });
    const results = [
      ["if { later x }", MISS],
      ["unless { later x }", MISS],
      ["if !{ later x }", MISS],
      ["if { later x } or TRUE", PASS],
      ["unless { later x } or TRUE", FAIL],
      ["if { later x } FALSE", MISS],
      ["if FALSE { later x }", FAIL],
      ["if TRUE { later x } or FALSE", MISS],
    ] as const;
    for (const [text, result] of results) expect([text, condition(text)!.evaluate(open())]).toEqual([text, result]);
    expect(condition("if { later x }")!.evaluate(bareContext())).toBe(FAIL);
    expect(condition("unless { later x }")!.evaluate(bareContext())).toBe(PASS);
  });

  test("every value of a header is tried", () => {
    const values = ["a", "b", "c"];
    const fetch: AclFetch = {
      type: "str",
      eval: () => "c",
      some: (test) => (ctx) => values.some((value) => test(value, ctx)),
    };
    const { condition } = setup({ many: fetch });
    for (const [name, result] of [
      ["a", true],
      ["c", true],
      ["d", false],
    ] as const) {
      expect(condition(`if { many ${name} }`)!.test(bareContext())).toBe(result);
      expect(condition(`if { many ${name} }`)!.evaluate(bareContext())).toBe(result ? PASS : FAIL);
    }
  });

  test("the trace tells each test, its sample and the pattern", () => {
    const { condition } = setup();
    const seen: [string, number, Value | null, string | null][] = [];
    const trace = {
      tested: (expr: AclExpr, result: number, sample: Value | null, matched: { pattern: string } | null) =>
        void seen.push([expr.text, result, sample, matched?.pattern ?? null]),
    };
    condition("if { str(abc) -m beg x ab } { int(5) gt 7 } or TRUE")!.evaluate(bareContext(), trace);
    expect(seen).toEqual([
      ["str(abc)", PASS, "abc", "ab"],
      ["int(5)", FAIL, 5, null],
      ["always_true", PASS, true, null],
    ]);
  });

  test("values of unknown type are cast by their own", () => {
    const dynamic: AclFetch = {
      type: "any",
      eval: (ctx) => {
        ctx.valueType = "sint";
        return 12;
      },
    };
    const { condition, found } = setup({ "var(x)": dynamic });
    expect(condition("if { var(x) -m str 12 }")!.test(bareContext())).toBe(true);
    expect(condition("if { var(x) -m int gt 11 }")!.test(bareContext())).toBe(true);
    expect(condition("if { var(x) 12 }")).toBeNull();
    expect(found()).toEqual(["6 acl/missing-method"]);
  });
});

describe("pattern sets", () => {
  test("a file is shared, and changes reach every ACL over it", () => {
    const { condition, store } = setup({}, { list: "abc\n" });
    const exact = condition("if { str(xyz) -f list }")!;
    const folded = condition("if { str(XYZ) -i -f list }")!;
    const set = store.find("list")!;
    expect([exact, folded].map((c) => c.test(bareContext()))).toEqual([false, false]);
    expect(set.add("xyz")).toBeNull();
    expect([exact, folded].map((c) => c.test(bareContext()))).toEqual([true, true]);
    expect(set.delete("xyz")).toBe(1);
    expect([exact, folded].map((c) => c.test(bareContext()))).toEqual([false, false]);
  });

  test("what one index refuses enters none", () => {
    const { condition, store } = setup({}, { list: "1\n" });
    const texts = condition("if { str(x) -f list }")!;
    condition("if { int(1) -f list }");
    const set = store.find("list")!;
    expect(set.add("x")).toBe("'x' is not a number");
    expect(texts.test(bareContext())).toBe(false);
    expect(set.size).toBe(1);
  });

  test("versions: prepared entries match after the commit, and only they", () => {
    const { condition, store } = setup({}, { list: "old\n" });
    const old = condition("if { str(old) -f list }")!;
    const fresh = condition("if { str(new) -f list }")!;
    const set = store.find("list")!;
    const version = set.versions.prepare();
    expect(set.add("new", "", version)).toBeNull();
    expect([old, fresh].map((c) => c.test(bareContext()))).toEqual([true, false]);
    expect(set.commit(version)).toBe(true);
    expect([old, fresh].map((c) => c.test(bareContext()))).toEqual([false, true]);
    expect(set.commit(version)).toBe(false);
  });

  test("words have ids, -u chooses one, one file has one format", () => {
    const { condition, store, found } = setup({}, { list: "a b\n" });
    condition("if { str(a) -u 7 a }");
    expect(store.find("#7")!.size).toBe(1);
    expect(condition("if { str(a) -u 7 a }")).toBeNull();
    expect(condition("if { str(a) -f list }")).not.toBeNull();
    expect(condition("if { str(a) -M -f list }")).toBeNull();
    expect(condition("if { str(a) -f opt@none -f virt@any a }")!.test(bareContext())).toBe(true);
    expect(found()).toEqual(["16 acl/id-in-use", "19 acl/pattern-file"]);
  });

  test("a bad line of a file is named, and why a host name is none", () => {
    const { condition, diagnostics } = setup({}, { nets: "# x\n10.0.0.0/8\n\nhost.example\n" });
    expect(condition("if { ipv4(1.2.3.4) -f nets }")).toBeNull();
    expect(condition("if { ipv4(1.2.3.4) -n host.example }")).toBeNull();
    const message = "'host.example' is not a valid IPv4 or IPv6 address";
    expect(diagnostics.list).toMatchObject([
      {
        message: `${message} at line 4 of file 'nets'`,
        hint: "no IPv4 address was found for this host name: write the address",
      },
      { message, hint: "with -n host names are not looked up: write the address" },
    ]);
  });
});
