import { expect, test } from "bun:test";
import { stripVTControlCharacters } from "node:util";
import { keywordTables } from "../../config/keywords/index.ts";
import { codes } from "../../config/tools/codes/index.ts";
import { converters } from "../../expr/conv/index.ts";
import { fetches } from "../../expr/fetch/index.ts";
import { tags } from "../../expr/logformat/tags/index.ts";
import { httpActions } from "../../rules/http/index.ts";
import { details } from "./details.ts";
import { findFamily, findGroup, findTopics, groups, helpWords, suggestTopic } from "./index.ts";
import { renderGroup, renderTopic, wrap } from "./render.ts";

const plain = { color: false, width: 0 };

function text(...words: string[]): string {
  return findTopics(words)
    .map((topic) => renderTopic(topic, plain))
    .join("\n");
}

test("every row of every table and registry is found by its name", () => {
  const names = [
    ...keywordTables.flatMap(({ prefix, rows }) => rows.map(({ name }) => `${prefix} ${name}`.trim().split(" "))),
    ...[...fetches.keys(), ...converters.keys(), ...httpActions.keys(), ...codes.keys()].map((name) => [name]),
    ...[...tags.keys()].map((name) => [`%${name}`]),
  ];
  expect(names.length).toBeGreaterThan(600);
  expect(names.filter((words) => findTopics(words).length === 0)).toEqual([]);
});

test("every topic has one line that says what it is", () => {
  for (const { topics } of groups) {
    for (const { name, summary, kind } of topics) {
      expect({ name, summary }).toEqual({
        name,
        summary: expect.stringMatching(/^[^\s].{3,}[^.\s]$/) as unknown as string,
      });
      expect(kind).not.toBe("");
    }
  }
});

test("everything fits in 80 columns, and is plain without colours", () => {
  const long: string[] = [];
  for (const group of groups) {
    for (const out of [renderGroup(group, plain), ...group.topics.map((topic) => renderTopic(topic, plain))]) {
      expect(stripVTControlCharacters(out)).toBe(out);
      // A word that has no place to break stays whole; examples are as they are typed.
      for (const line of out.split("\n")) {
        if (line.length > 80 && !line.startsWith("    ") && /\s\S+\s\S/.test(line.trim())) long.push(line);
      }
    }
  }
  expect(long).toEqual([]);
});

test("defaults and examples are of things that exist", () => {
  const known = new Set(
    keywordTables.flatMap(({ prefix, rows }) => rows.map(({ name }) => `${prefix} ${name}`.trim())),
  );
  for (const name of fetches.keys()) known.add(`fetch ${name}`);
  for (const name of converters.keys()) known.add(`converter ${name}`);
  for (const name of httpActions.keys()) known.add(`action ${name}`);
  expect(Object.keys(details).filter((key) => !known.has(key))).toEqual([]);
});

test("a timeout: usage, where, default, example", () => {
  expect(text("timeout", "connect")).toBe(`timeout connect (timeout)
  Longest wait for a server connection

  usage       timeout connect <time>
  valid in    defaults, listen, backend
  default     none

  example:
    timeout connect 5s
`);
});

test("several things of one name are all shown", () => {
  expect(findTopics(["source"]).map(({ kind }) => kind)).toEqual([
    "proxy keyword",
    "server parameter",
    "balance algorithm",
  ]);
  expect(findTopics(["server", "source"]).map(({ kind }) => kind)).toEqual(["server parameter"]);
});

test("words before a name choose its kind", () => {
  expect(findTopics(["http-request", "deny"]).map(({ kind }) => kind)).toEqual(["action"]);
  expect(findTopics(["fetch", "path"]).map(({ kind }) => kind)).toEqual(["sample fetch"]);
  expect(findTopics(["option", "httplog"])).toHaveLength(1);
});

test("fetches tell their type and phases, arguments may be written", () => {
  expect(text("req.hdr(host)")).toContain("tcp-request content rules, http-request rules");
  expect(text("req.hdr(host)")).toContain("req.hdr(");
  expect(text("%ci")).toContain("log-format variable");
  expect(text("ci")).toContain("%ci");
  expect(text("path_beg")).toContain("'path', matched by '-m beg'");
  expect(text("METH_GET")).toContain("'method GET HEAD'");
});

test("what HAProxy has and tlb has not, or no longer has, is told", () => {
  expect(text("51degrees-data-file")).toContain("not supported by tlb yet");
  expect(text("reqadd")).toContain("http-request add-header");
});

test("deprecated names tell their successors", () => {
  const old = [...fetches.values()].find(({ replacedBy }) => replacedBy !== undefined)!;
  expect(text(old.name)).toContain(`write '${old.replacedBy}'`);
});

test("findings: explanation, both examples, how to switch off", () => {
  const out = text("lint/unused-acl");
  expect(out).toContain("# tlb: ignore lint/unused-acl");
  expect(out).toContain("reported:\n    frontend web\n");
  expect(out).toContain("instead:\n    frontend web\n");
});

test("lists by name and by keyword", () => {
  expect(findGroup("fetches")!.topics.length).toBe(fetches.size);
  expect(findGroup("option")).toBe(findGroup("options"));
  expect(findGroup("toString")).toBeNull();
  expect(findFamily("lint")!.topics.length).toBeGreaterThan(10);
  expect(findFamily("nonsense")).toBeNull();
});

test("a name nobody knows gets a suggestion or none", () => {
  expect(findTopics(["tmeout"])).toEqual([]);
  expect(suggestTopic(["tmeout"])).toBe("timeout");
  expect(suggestTopic(["timeout", "clinet"])).toBe("timeout client");
  expect(suggestTopic(["lint/unused-alc"])).toBe("lint/unused-acl");
  expect(suggestTopic(["zzzzzzzzzzzz"])).toBeNull();
});

test("words for completion are unique and without spaces", () => {
  const words = helpWords();
  expect(words.length).toBeGreaterThan(500);
  expect(new Set(words).size).toBe(words.length);
  expect(words.filter((word) => /\s/.test(word))).toEqual([]);
});

test("wrapping keeps every word", () => {
  expect(wrap("aa bb  cc\ndd", 5)).toEqual(["aa bb", "cc dd"]);
  expect(wrap("aaaaaaaa b", 4)).toEqual(["aaaaaaaa", "b"]);
});
