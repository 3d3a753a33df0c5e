/** Where in the rules a cache is asked and told. */
import { get, post } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { scenario, answer, MAX_AGE, twice, OBJECT, VARY } from "./tools.ts";
import { vary } from "./vary.ts";

const varies = (...lines: string[]): string => answer(MAX_AGE, ...lines.map((line) => `Vary: ${line}`));

export const places: readonly Scenario[] = [
  ...vary,
  scenario({
    name: "vary: referer",
    cache: VARY,
    answer: varies("Referer"),
    requests: [get("/x", "Referer: a"), get("/x", "Referer: b"), get("/x", "Referer: a"), get("/x"), get("/x")],
  }),
  scenario({
    name: "vary: both, one behind the other",
    cache: VARY,
    answer: varies("Referer", "accept-encoding"),
    requests: [get("/x", "Referer: a"), get("/x", "Referer: a"), get("/x", "Accept-Encoding: gzip"), get("/x")],
  }),
  ...["origin", "*", "user-agent", "accept-encoding, cookie", ""].map((name) =>
    scenario({ name: `vary: '${name}'`, cache: VARY, answer: varies(name), requests: twice }),
  ),
  scenario({
    name: "vary: more than max-secondary-entries",
    cache: `${VARY}\n    max-secondary-entries 2`,
    answer: varies("Referer", "Accept-Encoding"),
    requests: ["a", "b", "c", "c", "a", "b"].map((one) => get("/x", `Referer: ${one}`)),
  }),
  scenario({
    name: "vary: POST to one of several",
    cache: VARY,
    answer: varies("Referer", "Accept-Encoding"),
    requests: [
      get("/x", "Referer: a"),
      get("/x", "Referer: b"),
      post("/x", "b", "Referer: b"),
      get("/x", "Referer: a"),
      get("/x", "Referer: b"),
    ],
  }),
  scenario({
    name: "vary: from one to none",
    cache: VARY,
    answer: (text) => (text.includes("referer") ? varies("Referer, accept-encoding") : answer(MAX_AGE)),
    requests: [get("/x", "Referer: a"), get("/x"), get("/x"), get("/x", "Referer: a")],
  }),

  scenario({
    name: "in the frontend",
    lines: {
      frontend: "http-request cache-use {cache}\nhttp-response cache-store {cache}",
      backend: "http-response set-header x-back 1",
    },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "used in the frontend, stored in the backend",
    lines: { frontend: "http-request cache-use {cache}", backend: "http-response cache-store {cache}" },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "used in the backend, stored in the frontend",
    lines: { frontend: "http-response cache-store {cache}", backend: "http-request cache-use {cache}" },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "stored without being used",
    lines: { backend: "http-response cache-store {cache}" },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "rules of requests behind cache-use",
    lines: {
      backend: `http-request cache-use {cache}
        http-request set-var(txn.a) str(yes)
        http-response cache-store {cache}
        http-response set-header x-var %[var(txn.a)]`,
    },
    answer: OBJECT,
    requests: twice,
  }),
  scenario({
    name: "deny behind cache-use",
    lines: {
      backend: `http-request cache-use {cache}
        http-request deny if { hdr(x-deny) 1 }
        http-response cache-store {cache}`,
    },
    answer: OBJECT,
    requests: [...twice, get("/x", "X-Deny: 1"), get("/x")],
  }),
  scenario({
    name: "a redirect behind cache-use",
    lines: {
      backend: `http-request cache-use {cache}
        http-response cache-store {cache}
        redirect location /y if { hdr(x-away) 1 }`,
    },
    answer: OBJECT,
    requests: [...twice, get("/x", "X-Away: 1"), get("/x")],
  }),
  scenario({
    name: "rules of responses before and behind cache-store",
    lines: {
      backend: `http-request cache-use {cache}
        http-response set-header x-before 1
        http-response del-header etag
        http-response cache-store {cache}
        http-response set-header x-behind %[res.cache_hit]/%[res.cache_name]
        http-response add-header x-seen %[res.hdr(age)]`,
      frontend: `http-response set-header x-front %[status]
        http-after-response set-header x-after %[res.cache_hit]`,
    },
    answer: OBJECT,
    requests: [...twice, get("/x", 'If-None-Match: "a"')],
  }),
  scenario({
    name: "a response that is refused after it was stored",
    lines: {
      backend: `http-request cache-use {cache}
        http-response cache-store {cache}
        http-response deny if { res.hdr(x-bad) 1 }`,
    },
    answer: answer(MAX_AGE, "X-Bad: 1"),
    requests: twice,
  }),
  scenario({
    name: "conditions",
    lines: {
      backend: `http-request cache-use {cache} if { path_beg /a }
        http-response cache-store {cache} unless { res.hdr(x-no) 1 }`,
    },
    answer: (text) => answer(MAX_AGE, ...(text.includes("/a/no") ? ["X-No: 1"] : [])),
    requests: [get("/a"), get("/a"), get("/b"), get("/b"), get("/a/no"), get("/a/no")],
  }),
  scenario({
    name: "the path is rewritten before",
    lines: {
      backend: "http-request set-path /same\nhttp-request cache-use {cache}\nhttp-response cache-store {cache}",
    },
    answer: OBJECT,
    requests: [get("/x"), get("/y")],
  }),
  scenario({
    name: "the host is rewritten before",
    lines: {
      backend: "http-request set-header host z\nhttp-request cache-use {cache}\nhttp-response cache-store {cache}",
    },
    answer: OBJECT,
    requests: [get("/x"), "GET /x HTTP/1.1\r\nHost: other.test\r\n\r\n"],
  }),
  scenario({
    name: "the status is rewritten before cache-store",
    lines: {
      backend: "http-request cache-use {cache}\nhttp-response set-status 200\nhttp-response cache-store {cache}",
    },
    answer: OBJECT.replace("200 OK", "404 Not Found"),
    requests: twice,
  }),
  ...(
    ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"] as const
  ).map((end) =>
    scenario({
      name: `rules wait for the body, ${end.slice(0, 7)}`,
      lines: {
        backend: `http-request cache-use {cache}
          http-response wait-for-body time 1s
          http-response cache-store {cache}
          http-response set-header x-length %[res.body_len]`,
      },
      answer: `HTTP/1.1 200 OK\r\n${MAX_AGE}\r\n${end}`,
      requests: twice,
    }),
  ),
];
