/** HTTP/2 together with rules, content inspection and bodies: what crosses the two. */
import {
  type Answer,
  echo,
  type Fields,
  frame,
  Flag,
  FrameType,
  H2Peer,
  request,
  respondH2,
} from "../../harness/h2.ts";
import { ok, respond } from "../../harness/server.ts";
import { http } from "../build.ts";
import type { CompareOptions, Scenario } from "../scenario.ts";
import { answers, HINT, OK } from "./h2/tools.ts";

const compare: CompareOptions = { received: false, clientClose: "closed" };
const both: CompareOptions = { ...compare, servers: false };
const get = request("GET", "/a/b?c=d");
const post = request("POST", "/a");

interface More {
  readonly frontend?: string;
  readonly backend?: string;
  readonly body?: string;
  readonly trailers?: Fields;
  readonly answer?: string;
  readonly silent?: true;
  /** The server's answer does not fit to another request. */
  readonly alone?: true;
  readonly defaults?: string;
}

/** One request over HTTP/2 with these rules, to a server of HTTP/1 and to one of HTTP/2. */
function mix(name: string, fields: Fields, more: More = {}, answer: Answer = echo): readonly Scenario[] {
  return (["h1", "h2"] as const).map((back) => ({
    name: `h2 mixes: ${name}, to ${back}`,
    config: http({
      defaults: more.defaults ?? "",
      frontend: more.frontend ?? "",
      backend: more.backend ?? "",
      servers: { s1: back === "h2" ? "proto h2" : "" },
    }),
    servers: { s1: back === "h2" ? respondH2(answer) : respond(more.answer ?? ok("body", "X-Answer: yes")) },
    // Bytes of a response that a rule replaced: HAProxy counts what of its body happens to be there.
    compare: {
      ...(back === "h2" ? both : compare),
      ...(name.endsWith("of a response rule") ? { logBytes: false } : {}),
    },
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(fields, more.body, more.trailers !== undefined);
      if (more.trailers !== undefined) h2.head(id, more.trailers, true);
      talk.note("response", await h2.response(id));
      if (more.silent !== true) await talk.logged(1);
      // The connection lives on, or not.
      if (h2.goaway < 0 && more.alone !== true)
        talk.note("next", await h2.response(h2.request(request("GET", "/next"))));
    },
  }));
}

/** Interim responses before the final one. */
const interim: Answer = (h2, id) => {
  h2.head(id, [[":status", "100"]], false);
  h2.head(id, HINT, false);
  h2.head(id, OK, false);
  h2.data(id, "ok", true);
};

/** Request rules that end or change a request. */
const RULES: readonly (readonly [name: string, lines: string])[] = [
  ["tarpit", "timeout tarpit 200ms\nhttp-request tarpit deny_status 429 if { path_beg /a }"],
  ["deny with a header", "http-request deny deny_status 403 hdr x-why no if { path_beg /a }"],
  [
    "deny with a large page",
    `http-request deny deny_status 503 content-type text/plain string "${"x".repeat(3000)}" if { path_beg /a }`,
  ],
  ["redirect with a cookie", "http-request redirect location /x code 303 set-cookie A=1 if { path_beg /a }"],
  ["redirect to the scheme", "http-request redirect scheme https code 301 if { path_beg /a }"],
  ["return without a body", "http-request return status 204 if { path_beg /a }"],
  [
    "return with formats",
    'http-request return status 200 content-type text/plain lf-string "%[method] %[url] %HV" if { path_beg /a }',
  ],
  ["silent-drop", "http-request silent-drop if { path_beg /a }"],
  ["reject", "http-request reject if { path_beg /a }"],
  ["auth", "http-request auth realm here if { path_beg /a }"],
  [
    "several early hints",
    'http-request early-hint Link "</a>"\nhttp-request early-hint Link "</b>"\nhttp-request early-hint X y',
  ],
  [
    "captures",
    "http-request capture req.hdr(user-agent) len 20\nhttp-request capture method len 8\ncapture response header x-answer len 10",
  ],
  ["unique-id", "unique-id-format %{+X}o%[rand(1)]-%[str(id)]\nunique-id-header X-Id"],
  ["set-method to POST and back", "http-request set-method POST\nhttp-request set-header x-m %[method]"],
  ["set-query and set-pathq", "http-request set-query e=f\nhttp-request set-pathq /n?%[query]"],
  [
    "del-header and add-header",
    "http-request add-header x-a 1\nhttp-request add-header X-A 2\nhttp-request del-header user-agent",
  ],
  [
    "response rules by status",
    "http-response set-header x-s %[status] if { status 200 }\nhttp-response del-header content-type",
  ],
  ["http-after-response", "http-after-response set-header x-after 1\nhttp-request deny if { path_beg /a }"],
  [
    "return of a response rule",
    'http-response return status 202 content-type text/plain string "instead" if { status 200 }',
  ],
  ["deny of a response rule", "http-response deny deny_status 500 if { status 200 }"],
];

const CONTENT: readonly (readonly [name: string, lines: string])[] = [
  [
    "accept by path",
    "tcp-request inspect-delay 1s\ntcp-request content accept if { path_beg /a }\ntcp-request content reject if { path /other }",
  ],
  ["reject by path", "tcp-request inspect-delay 1s\ntcp-request content reject if { path_beg /a }"],
  ["reject without a condition", "tcp-request content reject"],
  [
    "set-var and use it",
    "tcp-request inspect-delay 1s\ntcp-request content set-var(txn.m) method\nhttp-request set-header x-m %[var(txn.m)]",
  ],
  ["capture", "tcp-request content capture req.hdr(host) len 20"],
  [
    "capture and reject",
    "declare capture request len 5\ntcp-request content capture req.hdr(host) len 20\ntcp-request content reject if { path_beg /a }",
  ],
  ["silent-drop", "tcp-request inspect-delay 1s\ntcp-request content silent-drop if { path_beg /a }"],
  [
    "payload is not to be looked at",
    "tcp-request inspect-delay 200ms\ntcp-request content reject if { req.len gt 100000 }",
  ],
  ["HTTP", "tcp-request inspect-delay 1s\ntcp-request content reject if !HTTP\nhttp-request set-header x-http 1"],
  ["HTTP_2.0", "tcp-request inspect-delay 1s\ntcp-request content reject if !HTTP_2.0"],
];

const AGENT: Fields = [...get, ["user-agent", "test/1"]];

export const h2Mixes: readonly Scenario[] = [
  ...RULES.flatMap(([name, frontend]) => mix(name, AGENT, { frontend })),
  ...CONTENT.flatMap(([name, frontend]) => mix(`tcp-request content: ${name}`, AGENT, { frontend })),
  ...mix("wait-for-body", post, {
    frontend: "http-request wait-for-body time 1s\nhttp-request set-header x-b %[req.body]",
    body: "hello",
  }),
  ...mix("wait-for-body at-least", post, {
    frontend: "http-request wait-for-body time 300ms at-least 3\nhttp-request set-header x-b %[req.body_len]",
    body: "hello",
  }),
  ...mix("option http-buffer-request", post, {
    frontend: "option http-buffer-request\nhttp-request set-header x-b %[req.body,hex]",
    body: "hello",
  }),
  ...mix("a parameter of the body", [...post, ["content-type", "application/x-www-form-urlencoded"]], {
    frontend: "option http-buffer-request\nhttp-request set-header x-p %[req.body_param(a)]",
    body: "a=1&b=2",
  }),
  ...mix("trailers of the request", post, { body: "hello", trailers: [["x-t", "1"]] }),
  ...mix("trailers of a response with a length", get, {}, answers(OK, "ok", [["grpc-status", "0"]])).slice(1),
  ...mix("trailers with a length", [...post, ["content-length", "5"]], { body: "hello", trailers: [["x-t", "1"]] }),
  ...mix("trailers without a body", post, { trailers: [["x-t", "1"]] }),
  ...mix("expect: 100-continue", [...post, ["expect", "100-continue"]], { body: "hello" }),
  ...mix(
    "interim responses",
    get,
    { answer: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok("ok")}` },
    interim,
  ),
  ...mix(
    "HEAD with a length",
    request("HEAD", "/a"),
    { answer: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", alone: true },
    answers([
      [":status", "200"],
      ["content-length", "100"],
    ]),
  ),
  ...mix(
    "HEAD without a length",
    request("HEAD", "/a"),
    { answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", alone: true },
    answers([[":status", "200"]]),
  ),
  ...mix("204", get, { answer: "HTTP/1.1 204 No Content\r\n\r\n" }, answers([[":status", "204"]])),
  ...mix(
    "304 with a length",
    get,
    { answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n" },
    answers([
      [":status", "304"],
      ["content-length", "7"],
    ]),
  ),
  ...mix(
    "trailers of the response",
    [...get, ["te", "trailers"]],
    {
      answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nGrpc-Status: 0\r\nX-T: a b\r\n\r\n",
    },
    answers([[":status", "200"]], "ok", [
      ["grpc-status", "0"],
      ["x-t", "a b"],
    ]),
  ),
  ...mix("OPTIONS with a target of an authority", request("OPTIONS", "/a", ["origin", "http://x.test"])),
  {
    name: "h2 mixes: very many small DATA frames",
    config: http(),
    servers: { s1: respond((text) => ok(String(text.length > 3000))) },
    compare: { ...compare, servers: false },
    async client(talk) {
      const peer = await talk.connect();
      const h2 = new H2Peer(peer, "client");
      const id = h2.request([...post, ["content-length", "3000"]], undefined, true);
      const parts: Buffer[] = [];
      for (let i = 1; i <= 3000; i++) parts.push(frame(FrameType.DATA, i === 3000 ? Flag.END_STREAM : 0, id, "x"));
      peer.send(Buffer.concat(parts));
      talk.note("response", await h2.response(id));
      await talk.logged(1);
    },
  },
  {
    name: "h2 mixes: PROXY header before HTTP/2",
    config: http({
      frontend: "http-request return status 200 content-type text/plain lf-string %[src]:%[src_port]",
    }).replace("{fe}", "{fe} accept-proxy"),
    compare: { ...compare, received: false },
    async client(talk) {
      const peer = await talk.connect();
      peer.send("PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\n");
      const h2 = new H2Peer(peer, "client");
      talk.note("response", await h2.response(h2.request(get)));
      await talk.logged(1);
    },
  },
  ...(
    [
      [
        "upper case in a name",
        [
          [":status", "200"],
          ["X-Upper", "1"],
        ],
      ],
      ["no status", [["x-a", "1"]]],
      ["a status that is none", [[":status", "abc"]]],
      [
        "two statuses",
        [
          [":status", "200"],
          [":status", "201"],
        ],
      ],
      [
        "an unknown pseudo-header field",
        [
          [":status", "200"],
          [":x", "1"],
        ],
      ],
      [
        "a status behind a field",
        [
          ["x-a", "1"],
          [":status", "200"],
        ],
      ],
      [
        "connection",
        [
          [":status", "200"],
          ["connection", "close"],
        ],
      ],
      [
        "transfer-encoding",
        [
          [":status", "200"],
          ["transfer-encoding", "chunked"],
        ],
      ],
      [
        "a line feed in a value",
        [
          [":status", "200"],
          ["x-a", "1\n2"],
        ],
      ],
      ["status 101", [[":status", "101"]]],
    ] as readonly (readonly [string, Fields])[]
  ).map(([what, fields]): Scenario => ({
    name: `h2 mixes: malformed response: ${what}`,
    config: http({ backend: "retries 0", servers: { s1: "proto h2" } }),
    servers: { s1: respondH2(answers(fields, "body")) },
    // HAProxy counts what of a refused head it had made.
    compare: { ...both, logBytes: false },
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      talk.note("response", await h2.response(h2.request(get)));
      await talk.logged(1);
    },
  })),
];
