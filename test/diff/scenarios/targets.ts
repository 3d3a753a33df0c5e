/** Rules that change the target of a request or its Host, in every form a target has (RFC 9112 section 3.2). */
import { get, http, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";
import { mirror } from "../build.ts";

const ABSOLUTE = "GET http://example.test/z HTTP/1.1\r\nHost: example.test\r\n\r\n";
const BARE = "GET http://example.test HTTP/1.1\r\nHost: example.test\r\n\r\n";
const STAR = "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n";
const OLD = "GET / HTTP/1.0\r\n\r\n";
const CONNECT = "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n";

const cases: readonly (readonly [rules: string, ...requests: string[]])[] = [
  ["set-uri http://other.test:99/x", get("/"), OLD, ABSOLUTE],
  ["set-uri other/x", get("/")],
  ["set-uri http://u:p@other/x", get("/")],
  ["set-uri http:///x", get("/")],
  ["set-uri http://other", get("/")],
  ["set-uri http://other?x", get("/")],
  ["set-uri '*'", get("/")],
  ["set-uri *x", get("/")],
  ["set-uri %[req.hdr(none)]", get("/a?b")],
  ["replace-uri ^/(.*) http://n.test/\\1", get("/q")],
  ["replace-uri ^http://[^/]*/(.*) http://n.test/\\1", ABSOLUTE],
  ["replace-uri (.*) /z", BARE, STAR],
  ["set-path n/x", get("/q?a")],
  ["set-path /x", BARE, STAR, ABSOLUTE],
  ["set-path %[req.hdr(none)]", get("/a?b"), get("/a")],
  ["set-pathq n/x", get("/q?a"), ABSOLUTE],
  ["set-pathq /x?y", BARE, STAR],
  ["set-pathq %[req.hdr(none)]", get("/a?b")],
  ["replace-path ^/ n", get("/q?a")],
  ["replace-path (.*) /z", BARE, STAR],
  ["replace-pathq ^/ n", get("/q?a")],
  ["replace-pathq (.*) /z", BARE, STAR],
  ["set-query a", BARE, STAR],
  ["set-query %[req.hdr(none)]", get("/?"), get("/?a"), get("/"), BARE, STAR],
  ["set-query ?x", get("/?"), get("/?a"), get("/")],
  ["set-uri foo\nset-path /x", get("/a?b")],
  ["set-uri foo?q\nset-path /x", get("/a?b")],
  ["set-uri foo\nset-query x", get("/a?b")],
  ["set-uri foo\nreplace-path (.*) /z", get("/a?b")],
  ["set-uri http://other/x\nset-path /only", get("/")],
  ["set-uri http://other/x\nset-header host third", get("/")],
  ["set-uri other/x\nset-header host third", get("/")],
  ["set-path other/x\nset-header host third", get("/")],
  ["set-pathq http://other/x\nset-header host third", get("/")],
  ["set-uri /plain\nset-header host third", ABSOLUTE],
  ["set-header host third", ABSOLUTE, CONNECT, STAR, get("/")],
  ["add-header host third", get("/"), ABSOLUTE],
  ["del-header host", get("/"), ABSOLUTE],
  ["replace-header host (.*) x.\\1", get("/"), ABSOLUTE],
  ["replace-value host (.*) x.\\1", get("/"), ABSOLUTE],
  ["set-uri http://o.test/x?y\nset-header a %[path]|%[base]|%[url]|%[url_port]|%[hdr(host)]|%[pathq]", get("/")],
  ["set-uri o.test/x?y\nset-header a %[path]|%[base]|%[url]|%[hdr(host)]|%[pathq]|%[query]", get("/")],
  ["redirect prefix /p", STAR, BARE, get("//a")],
  ["redirect prefix /", STAR, BARE, get("/a?b")],
  ["redirect scheme https", STAR, BARE],
  ["redirect prefix /p drop-query append-slash", STAR, BARE],
];

export const targets: readonly Scenario[] = cases.map(([rules, ...requests]) => ({
  name: `targets: ${rules.replaceAll("\n", ", ")}`,
  config: http({ frontend: rules.replaceAll(/^/gm, "http-request ") }),
  servers: { s1: mirror },
  async client(talk) {
    for (const text of requests) {
      const client = await talk.connect();
      client.send(text);
      await silence(client, 200);
    }
  },
}));
