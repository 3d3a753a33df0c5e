/** http-request normalize-uri, one scenario for each normalizer over many targets. */
import { echo, get, http, sends } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const paths = [
  "/",
  "/a",
  "/a/",
  "//",
  "///",
  "/a//b",
  "/a///b//",
  "//a",
  "/.",
  "/./",
  "/./a",
  "/a/.",
  "/a/./",
  "/a/./b",
  "/././.",
  "/.a",
  "/a.",
  "/a/.b/./c",
  "/..",
  "/../",
  "/../a",
  "/a/..",
  "/a/../",
  "/a/../b",
  "/a/b/../c",
  "/a/b/../../c",
  "/a/../../c",
  "/a/../../../c/d/..",
  "/../../a",
  "/../a/..",
  "/..a",
  "/a..",
  "/...",
  "/a/.../b",
  "/a//../b",
  "/a//..",
  "//..",
  "//../a",
  "/a/./../b",
  "/./..",
  "/a/b/..?x=/../y",
  "/a?x=/./y//z",
  "/a/../b?..",
  "*",
  "http://h.test/a/../b//c/./d?b=1&a=2",
  "http://h.test",
  "http://h.test?b&a",
  "http://h.test/",
];
const queries = [
  "/?",
  "/?a",
  "/?b&a",
  "/?b=1&a=2",
  "/?b=2&b=1&a",
  "/?a=2&a=1&a=3",
  "/?&b&&a&",
  "/?c=&b&a=",
  "/?ab=1&a=2&abc=3",
  "/?a%62=1&a=2",
  "/?B=1&a=2&A=3&b=4",
  "/?=1&a",
  "/?a=1?b&a=0",
  "/?\xe9=1&z=2&a=3",
  "/x?b;a&a;b",
  "/x?z&y#f",
  "http://h.test/?b=1&a=2",
];
const percents = [
  "/%41",
  "/%7e%7E",
  "/%2f%2F",
  "/%zz",
  "/%",
  "/%4",
  "/a%",
  "/a%4?b=%61",
  "/%61%62%63?%64=%65",
  "/%2e%2E/%2D%5f",
  "/?%e9%C3",
  "/%c3%a9",
  "/%25%34%31",
  "/%2541",
  "/%%41",
  "/%4%41",
  "/%00",
  "http://h.test/%41?%3d%3D",
  "/a#%41",
  "http://%41.test/%41",
];
const fragments = ["/a#b", "/#", "/a?b#c", "/a#b?c", "/a#b#c", "http://h.test/a#b", "/a%23b", "/a"];

const cases: readonly (readonly [rule: string, targets: readonly string[]])[] = [
  ["path-merge-slashes", paths],
  ["path-strip-dot", paths],
  ["path-strip-dotdot", paths],
  ["path-strip-dotdot full", paths],
  ["query-sort-by-name", queries],
  ["percent-decode-unreserved", percents],
  ["percent-to-uppercase", percents],
  ["fragment-strip", fragments],
  ["fragment-encode", fragments],
];

/** Refusals close the connection, so each target gets one of its own. */
const strict: readonly (readonly [rule: string, target: string])[] = [
  "percent-decode-unreserved strict",
  "percent-to-uppercase strict",
].flatMap((rule) => ["/%41%2f", "/%zz", "/%", "/a?%4", "/?%2f"].map((target) => [rule, target] as const));

export const normalize: readonly Scenario[] = [
  ...cases.flatMap(([rule, targets]) => {
    const lines: Pick<Scenario, "config" | "servers" | "global"> = {
      global: "    expose-experimental-directives",
      config: http({ frontend: `option accept-invalid-http-request\nhttp-request normalize-uri ${rule}` }),
      servers: { s1: echo },
    };
    return [{ name: `normalize-uri ${rule}`, ...lines, client: sends(...targets.map((target) => get(target))) }];
  }),
  ...strict.map(([rule, target]) => ({
    name: `normalize-uri ${rule}: ${target}`,
    global: "    expose-experimental-directives",
    config: http({ frontend: `http-request normalize-uri ${rule}` }),
    servers: { s1: echo },
    client: sends(get(target)),
  })),
  {
    name: "normalize-uri in a row",
    global: "    expose-experimental-directives",
    config: http({
      frontend:
        "http-request set-path /x%[path]\nhttp-request normalize-uri percent-decode-unreserved\nhttp-request normalize-uri path-strip-dot\n" +
        "http-request normalize-uri path-strip-dotdot full\nhttp-request normalize-uri path-merge-slashes if { path_beg /x }\nhttp-request normalize-uri query-sort-by-name",
    }),
    servers: { s1: echo },
    client: sends(get("/%2e%2e/./a//b?z=1&y=2"), get("/a/%2e/b//"), get("/..//..//c?b&a")),
  },
];
