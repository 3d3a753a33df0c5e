import { expect, test } from "bun:test";
import { Diagnostics } from "./diagnostic.ts";
import { readText } from "./reader.ts";
import { renderHaproxy, renderJson, renderText, SourceLines } from "./render.ts";

function findings(text: string): { list: Diagnostics["list"]; lines: SourceLines } {
  const diagnostics = new Diagnostics();
  for (const { words } of readText(text, "lb.cfg", { env: {} }, diagnostics)) {
    const last = words.at(-1)!;
    if (last.text.startsWith("bad")) {
      diagnostics.error("config/bad", last.at, `bad word '${last.text}'`, {
        endColumn: last.endColumn,
        hint: "drop it",
      });
    }
  }
  return { list: diagnostics.list, lines: new SourceLines([{ name: "lb.cfg", text }]) };
}

test("text has place, severity, code, source line, underline and hint", () => {
  const { list, lines } = findings("global\n\tmode bad1\n");
  expect(renderText(list, { color: false, lines })).toBe(
    "lb.cfg:2:7: error [config/bad]: bad word 'bad1'\n" +
      "    2 |  mode bad1\n" +
      "      |       ^^^^\n" +
      "      = hint: drop it\n",
  );
  expect(renderText(list, { color: true, lines })).toContain("\x1b[31m");
});

test("columns count bytes, the underline counts characters", () => {
  const { list, lines } = findings("k \xc3\xa9\xe6\x97\xa5 bad\xc3\xa9\n");
  expect(list[0]?.at.column).toBe(9);
  const [, source, caret] = renderText(list, { color: false, lines }).split("\n");
  expect(source).toBe("    1 | k é日 badé");
  expect(caret).toBe("      |       ^^^^");
});

test("a configuration cannot drive the terminal", () => {
  const { list, lines } = findings("k bad\x1b[31m\x07\n");
  expect(renderText(list, { color: false, lines })).not.toMatch(/[\x1b\x07]/);
});

test("long lines are cut around the finding", () => {
  const { list, lines } = findings(
    `${"x".repeat(500)} bad ${"y".repeat(500)}\n`.replace("bad ", "") + `k ${"x".repeat(500)} bad\n`,
  );
  const [, source, caret] = renderText(list, { color: false, lines }).split("\n");
  expect(source!.length).toBeLessThan(140);
  expect(source!.slice(caret!.indexOf("^"), caret!.lastIndexOf("^") + 1)).toBe("bad");
});

test("JSON is flat and holds text, not bytes", () => {
  const { list } = findings("k bad\xc3\xa9\n");
  expect(JSON.parse(renderJson(list))).toEqual([
    {
      severity: "error",
      code: "config/bad",
      file: "lb.cfg",
      line: 1,
      column: 3,
      endColumn: 8,
      message: "bad word 'badé'",
      hint: "drop it",
    },
  ]);
  expect(JSON.parse(renderJson([]))).toEqual([]);
});

test("HAProxy's form", () => {
  const { list, lines } = findings('foo "x\nk bad\n.notice hi\n');
  expect(list.map((finding) => renderHaproxy(finding, 42, lines)).join("")).toBe(
    "[ALERT]    (42) : config : parsing [lb.cfg:1]: unmatched quote at position 5:\n" +
      '  foo "x\n' +
      "      ^\n" +
      "[ALERT]    (42) : config : parsing [lb.cfg:2] : bad word 'bad'; drop it.\n" +
      "[NOTICE]   (42) : config : parsing [lb.cfg:3]: 'hi'.\n",
  );
});
