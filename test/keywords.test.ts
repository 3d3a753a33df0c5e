/**
 * What HAProxy 2.6 knows is known here and tested: every sample fetch, converter, action and log tag of its own list, apart from
 * those of parts this program does not have (yet). The list is what `haproxy -dKall` prints; without HAProxy nothing is checked.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { converters } from "../src/expr/conv/index.ts";
import { fetches } from "../src/expr/fetch/index.ts";
import { PatternStore } from "../src/expr/acl/store.ts";
import { mapConverters } from "../src/expr/map/index.ts";
import { tags } from "../src/expr/logformat/tags/index.ts";
import { laterTcpActions, tcpActions } from "../src/rules/tcp/index.ts";
import { httpActions, laterActions } from "../src/rules/http/index.ts";
import { scenarios } from "./diff/scenarios/index.ts";

const HAPROXY = "/usr/sbin/haproxy";

/** Samples of TLS connections and FastCGI. */
const FETCHES_ELSEWHERE = /^(ssl_|fcgi\.)/;
/** SPOE, OpenTracing. */
const ACTIONS_ELSEWHERE = /^(send-spoe-group|ot-group)/;

/** Manual of 2.6, section 8.2.6; `%o` is no tag but sets flags. */
const TAGS =
  `B bc bi bp bq b CC ci cp CS fc fi fp ft f hr hrl hs hsl H HM HP HPO HQ HU HV ID lc ms pid r rc rt s sc si sp sq sslc
  sslv ST t T Ta Tc Td Th Ti Tl Tq TR Tr Ts Tt Tu Tw tr trg trl ts tsc U ac`.split(/\s+/);

interface Dump {
  readonly fetches: readonly string[];
  readonly converters: readonly string[];
  /** Names of the actions of rulesets of mode http, and of those of mode tcp. */
  readonly actions: readonly string[];
  readonly tcpActions: readonly string[];
}

function dump(): Dump {
  const { stdout } = Bun.spawnSync([HAPROXY, "-dKall", "-q", "-c", "-f", "/dev/null"], { stderr: "ignore" });
  const lists = {
    fetches: [] as string[],
    converters: [] as string[],
    actions: new Set<string>(),
    tcpActions: new Set<string>(),
  };
  let section = "";
  for (const line of stdout.toString().split("\n")) {
    if (line.startsWith("# List")) section = line;
    const fetch = /^\[[ .Y]+\] ([^:(]+)/.exec(line);
    if (fetch !== null) lists.fetches.push(fetch[1]!);
    const converter = section.includes("converter") ? /^([a-z][^:(\s]*)/.exec(line) : null;
    if (converter !== null) lists.converters.push(converter[1]!);
    const action = /^\thttp-(?:request|response|after-response) (\S+?)\*?$/.exec(line);
    // As prefix it stands for the actions of all counters.
    const names = action?.[1] === "track-sc" ? ["track-sc0", "track-sc1", "track-sc2"] : action?.slice(1);
    for (const name of names ?? []) lists.actions.add(name!);
    const tcp = /^\ttcp-(?:request|response) \S+ (\S+?)\*?$/.exec(line);
    if (tcp !== null) lists.tcpActions.add(tcp[1]!);
  }
  return { ...lists, actions: [...lists.actions], tcpActions: [...lists.tcpActions] };
}

/** The text of all tests but this one, and the configurations of the scenarios, some of which are made by loops. */
function tests(): string {
  const root = join(import.meta.dir, "..");
  const files = [
    ...new Bun.Glob("src/**/*.{test,cases}.ts").scanSync(root),
    ...new Bun.Glob("test/**/*.ts").scanSync(root),
  ];
  return files
    .filter((file) => file !== "test/keywords.test.ts")
    .map((file) => readFileSync(join(root, file), "latin1"))
    .concat(scenarios.map(({ config }) => config))
    .join("\n");
}

/** What may follow the name of an action. */
const AFTER = "[( \"'`\\\\\\n]|$";

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

describe.skipIf(!existsSync(HAPROXY))("HAProxy's own list of keywords", () => {
  const theirs = existsSync(HAPROXY) ? dump() : { fetches: [], converters: [], actions: [], tcpActions: [] };
  const text = tests();
  const untested = (names: readonly string[], before: string, after: string): string[] =>
    names.filter((name) => !new RegExp(`(?:${before})${escaped(name)}(?:${after})`).test(text));

  test("is read", () => {
    expect(theirs.fetches.length).toBeGreaterThan(350);
    expect(theirs.converters.length).toBeGreaterThan(120);
    expect(theirs.actions.length).toBeGreaterThan(50);
    expect(tags.size).toBe(TAGS.length);
  });

  test("every sample fetch has a row and is used by a test", () => {
    const names = theirs.fetches.filter((name) => !FETCHES_ELSEWHERE.test(name));
    expect(names.filter((name) => !fetches.has(name))).toEqual([]);
    expect(untested(names, `["'\`[{( ]|^`, `["'\`\\](), }]`)).toEqual([]);
  });

  test("every converter has a row and is used by a test", () => {
    const names = theirs.converters;
    const known = new Set([...converters.keys(), ...mapConverters(new PatternStore()).map((row) => row.name)]);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    expect(untested(names, `[,"'\`]`, `["'\`\\](), }]`)).toEqual([]);
  });

  test("every action of http rules has a row and is used by a test", () => {
    const names = theirs.actions.filter((name) => !ACTIONS_ELSEWHERE.test(name) && !laterActions.has(name));
    expect(names.filter((name) => !httpActions.has(name))).toEqual([]);
    expect([...laterActions].filter((name) => httpActions.has(name))).toEqual([]);
    // do-resolve wants a section `resolvers`, which cannot be tested without a name server.
    const local = names.filter((name) => name !== "do-resolve");
    expect(untested(local, "http-(?:request|response|after-response) ", AFTER)).toEqual([]);
  });

  test("every action of tcp rules has a row and is used by a test", () => {
    const names = theirs.tcpActions.filter((name) => !ACTIONS_ELSEWHERE.test(name) && !laterTcpActions.has(name));
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !tcpActions.has(name))).toEqual([]);
    expect([...laterTcpActions].filter((name) => tcpActions.has(name))).toEqual([]);
    // Every service HAProxy has for mode tcp is written in Lua.
    const local = names.filter((name) => name !== "do-resolve" && name !== "use-service");
    expect(untested(local, "tcp-(?:request|response) (?:connection|session|content) ", AFTER)).toEqual([]);
  });

  test("every log tag has a row and is used by a test", () => {
    expect(TAGS.filter((name) => !tags.has(name))).toEqual([]);
    expect(untested(TAGS, "%(?:\\{[^}]*\\})?", "[^A-Za-z0-9]")).toEqual([]);
  });
});
