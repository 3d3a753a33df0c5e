/** http-errors, errorfiles, http-error, and the error pages of deny and return. */
import { echo, get, http, request, sends } from "../build.ts";
import { ok, respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";

const files = {
  e403: "HTTP/1.0 403 Not you\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nX-Page: 403\r\n\r\nno\n",
  e404: "HTTP/1.1 404 Nothing here\r\nContent-Type: text/plain\r\nX-Page: 404\r\n\r\nnothing",
  e418: "HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n",
  close: "HTTP/1.1 403 Go\r\nContent-Length: 2\r\nConnection: close\r\n\r\ngo",
  empty: "",
  body: "path=%[path] src=%[src]\n",
};
const SECTIONS = `
http-errors site-{one}
    errorfile 403 {file:e403}
    errorfile 404 {file:e404}
http-errors more-{one}
    errorfile 404 {file:e418}
    errorfile 500 {file:empty}
`;

function one(
  name: string,
  frontend: string,
  requests: readonly string[] = [get("/a"), get("/b")],
  more: { backend?: string; defaults?: string } = {},
): Scenario {
  return {
    name: `http-errors: ${name}`,
    config: SECTIONS + http({ frontend, ...more }),
    files,
    servers: { s1: echo },
    client: sends(...requests),
  };
}

const deny = (status: number): string => `http-request deny deny_status ${status}`;

/** What can be asked of a response. */
const ASKED =
  "status res.ver res.hdr(x-a) res.fhdr(x-a) res.hdr_cnt(x-a) res.hdr_names() res.hdrs res.hdrs_bin,hex res.cook(c) res.cook_val(c) res.cook_cnt(c) scook(c) res.body res.body_len res.body_size res.len res.hdr_ip(x-a) res.hdr_val(x-a) capture.res.hdr(0) capture.res.ver res.comp res.cache_hit srv_id var(res.a) var(txn.a) method bc_http_major";

/** Every one of them, in brackets, behind its name. */
const asked = ASKED.split(" ")
  .map((name) => `${name.replace(/,.*|[(].*/, "")}=[%[${name}]]`)
  .join(" ");

const replaced: readonly Scenario[] = ["return status 203", "deny status 403"].flatMap((action) =>
  ["lf-string", "http-error"].map((form) => ({
    name: `http-errors: samples of the response in ${form} of ${action}`,
    config: http({
      frontend: "capture response header X-A len 10",
      backend: `http-response set-var(res.a) str(R)\nhttp-response set-var(txn.a) str(T)\n${
        form === "lf-string"
          ? `http-response ${action} content-type text/plain lf-string "${asked} %hs"`
          : `http-error status 403 content-type text/plain lf-string "${asked}"\nhttp-response deny deny_status 403`
      }`,
    }),
    servers: {
      s1: respond(() => ok("hello", "X-A: one", "X-A: two", "Set-Cookie: c=1; Path=/").replace(" 200 ", " 201 ")),
    },
    client: sends(get("/p?x", "X-Q: q")),
  })),
);

export const httpErrors: readonly Scenario[] = [
  one("errorfiles", `errorfiles site-{one}\n${deny(404)} if { path /b }\n${deny(403)}`),
  one("errorfiles of some statuses", `errorfiles site-{one} 404\n${deny(404)} if { path /b }\n${deny(403)}`),
  one(
    "a later section wins",
    `errorfiles site-{one}\nerrorfiles more-{one}\n${deny(404)} if { path /b }\n${deny(403)}`,
  ),
  one("errorfile after errorfiles", `errorfiles site-{one}\nerrorfile 404 {file:close}\n${deny(404)}`),
  one("errorfile before errorfiles", `errorfile 404 {file:close}\nerrorfiles site-{one}\n${deny(404)}`),
  one("an empty file of a section", `errorfiles more-{one}\n${deny(500)}`),
  one("errorfiles in defaults", `${deny(404)} if { path /b }\n${deny(403)}`, undefined, {
    defaults: "errorfiles site-{one}",
  }),
  one("errorfiles in the backend", "", undefined, { backend: `errorfiles site-{one}\n${deny(404)}` }),
  one("errorloc after errorfiles", `errorfiles site-{one}\nerrorloc 404 /moved\n${deny(404)}`),
  one("an error page that closes", `errorfile 403 {file:close}\n${deny(403)}`),
  one("deny_status of a page that closes", deny(400), [get("/")]),
  one("deny_status 408", deny(408), [get("/")]),

  one("http-error string", `http-error status 403 content-type text/plain string "go away"\n${deny(403)}`),
  one(
    "http-error lf-string",
    `http-error status 403 content-type text/plain lf-string "%[path] %[src] %f"\n${deny(403)}`,
  ),
  one("http-error file", `http-error status 403 content-type text/plain file {file:body}\n${deny(403)}`),
  one(
    "http-error lf-file",
    `http-error status 403 content-type text/plain lf-file {file:body} hdr X-P %[path] hdr X-B b\n${deny(403)}`,
  ),
  one("http-error without content", `http-error status 403\n${deny(403)}`),
  one("http-error with headers only", `http-error status 403 hdr X-A b hdr X-B "%[path]"\n${deny(403)}`),
  one("http-error errorfile", `http-error status 403 errorfile {file:e404}\n${deny(403)}`),
  one("http-error errorfiles", `http-error status 404 errorfiles site-{one}\n${deny(404)}`),
  one("http-error errorfiles without the status", `http-error status 503 errorfiles site-{one}\n${deny(503)}`),
  one("http-error default-errorfiles", `http-error status 403 default-errorfiles\n${deny(403)}`),
  one(
    "http-error default-errorfiles over errorfile",
    `errorfile 403 {file:e403}\nhttp-error status 403 default-errorfiles\n${deny(403)}`,
  ),
  one(
    "http-error over errorfile",
    `errorfile 403 {file:e403}\nhttp-error status 403 content-type text/plain string x\n${deny(403)}`,
  ),
  one(
    "errorfile over http-error",
    `http-error status 403 content-type text/plain string x\nerrorfile 403 {file:e403}\n${deny(403)}`,
  ),
  one(
    "http-error of the backend over the frontend's",
    `http-error status 403 content-type text/plain string front`,
    undefined,
    {
      backend: `http-error status 403 content-type text/plain lf-string "back %[path]"\n${deny(403)}`,
    },
  ),
  one(
    "http-error of the frontend for a backend",
    `http-error status 403 content-type text/plain lf-string "front %b"`,
    undefined,
    {
      backend: deny(403),
    },
  ),
  one("http-error 200 of monitor-uri", `http-error status 200 content-type text/plain string alive\nmonitor-uri /a`),
  one("http-error 401", `http-error status 401 content-type text/plain string "sign in" hdr X-A b\nhttp-request auth`),
  one(
    "http-error 400 of a strict rule",
    `http-error status 400 content-type text/plain lf-string "bad %[path]"\n${deny(400)}`,
  ),
  one("http-error to HEAD", `http-error status 403 content-type text/plain string x\n${deny(403)}`, [
    request("HEAD", "/"),
  ]),
  one("http-error in defaults", deny(403), undefined, {
    defaults: 'http-error status 403 content-type text/plain lf-string "d %[path]"',
  }),
  {
    name: "http-errors: http-error 503 without a server",
    config: http({ frontend: 'http-error status 503 content-type text/plain lf-string "down %[path] %b/%s"' }),
    client: sends(get("/x")),
  },
  {
    name: "http-errors: http-error 504 with a field of the request",
    config: http({
      backend:
        'timeout server 200ms\nhttp-error status 504 content-type text/plain lf-string "late %[path] %[req.hdr(x-a)]"',
    }),
    servers: { s1: async (peer) => void (await peer.request()) },
    client: sends(get("/x", "X-A: 7")),
  },
  {
    name: "http-errors: after-response rules see the page of http-error",
    config: http({
      frontend: `http-error status 403 hdr X-A b content-type text/plain string x\nhttp-after-response set-header X-S %[status]\n${deny(403)}`,
    }),
    servers: { s1: echo },
    client: sends(get("/x")),
  },

  one("deny errorfile", "http-request deny errorfile {file:e404}"),
  one("deny status 404 errorfile", "http-request deny status 404 errorfile {file:e403}"),
  one("deny an empty errorfile", "http-request deny deny_status 500 errorfile {file:empty}"),
  one("deny errorfiles", "http-request deny errorfiles site-{one}"),
  one("deny deny_status 404 errorfiles", "http-request deny deny_status 404 errorfiles site-{one}"),
  one("deny errorfiles without the status", "http-request deny status 503 errorfiles site-{one}"),
  one("deny default-errorfiles", "errorfile 403 {file:e403}\nhttp-request deny default-errorfiles"),
  one(
    "deny status and default-errorfiles",
    "errorfile 404 {file:e404}\nhttp-request deny status 404 default-errorfiles",
  ),
  one("deny hdr that is ignored", "http-request deny status 403 hdr Content-Length 7 hdr X-A b"),
  one("return errorfile", "http-request return status 404 errorfile {file:e404}"),
  one("return errorfiles", "http-request return status 403 errorfiles site-{one}"),
  one("return default-errorfiles", "http-request return status 404 default-errorfiles"),
  one("return default-errorfiles 200", "http-request return default-errorfiles"),
  one("return an empty errorfile", "http-request return status 404 errorfile {file:empty}"),
  one("return lf-file", "http-request return content-type text/plain lf-file {file:body}"),
  one("return an empty file", "http-request return content-type text/plain file {file:empty}"),
  one("response rule with a field of the request", "http-response set-header X-A yes if { path /a }"),
  one("response deny errorfile", "http-response deny status 404 errorfile {file:e404}"),
  one("response deny errorfiles", "http-response deny deny_status 403 errorfiles site-{one}"),
  one("response return errorfiles", "http-response return status 404 errorfiles site-{one}"),
  one(
    "response deny and http-error 502",
    'http-error status 502 content-type text/plain lf-string "r %[path]"\nhttp-response deny',
  ),
  ...replaced,
  {
    name: "http-errors: samples of the response in a header of its replacement",
    config: http({ backend: 'http-response return status 203 hdr X-A "[%[status]]" hdr X-B %[res.hdr(x-a)]' }),
    servers: { s1: respond(() => ok("hello", "X-A: one")) },
    client: sends(get("/p")),
  },
];
