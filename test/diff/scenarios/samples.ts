/** Samples of messages, asked for in rules of both directions: what each program found comes back in headers of the answer. */
import { ok, respond } from "../../harness/server.ts";
import { get, http, post, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const REQUEST = [
  "cook_cnt(a)",
  "cook_val(n)",
  "req.cook_cnt(a)",
  "req.cook_cnt()",
  "req.cook_val(n)",
  "req.fhdr_cnt(x-list)",
  "req.hdr_ip(x-ip)",
  "req.hdr_ip(x-ip,1)",
  "req.hdr_ip(x-bad)",
  "req.hdr_val(x-num)",
  "req.hdr_val(x-num,2)",
  "req.hdr_val(x-bad)",
  "req.hdrs_bin,hex",
  "req_proto_http",
  "req_ssl_hello_type",
  "req_ssl_sni",
  "req_ssl_ver",
  "rdp_cookie(msts)",
  "req.len,bool",
  "req.payload(0,3)",
  "req.payload_lv(0,1)",
  "req.ssl_hello_type",
  "req.ssl_sni",
  "req.rdp_cookie(x)",
  "fc_dst_is_local",
  "fc_src_is_local",
  "dst_is_local",
  "src_is_local",
  "fe_sess_rate,bool",
  "dst_conn",
  "base",
  "base32",
  "url32",
  "url_ip",
  "url_port",
];

const RESPONSE = [
  "res.cook_cnt(s)",
  "res.cook_cnt()",
  "res.cook_val(n)",
  "scook_cnt(s)",
  "scook_val(n)",
  "res.len,bool",
  "res.payload(0,12)",
  "res.payload_lv(0,1)",
  "res.ssl_hello_type",
  "rep_ssl_hello_type",
  "res.fhdr(x-list)",
  "res.fhdr(x-list,1)",
  "res.fhdr_cnt(x-list)",
  "res.hdr_cnt(x-list)",
  "res.hdr_ip(x-ip)",
  "res.hdr_val(x-num)",
  "res.hdr_val(x-list)",
  "res.hdrs_bin,hex",
  "res.ver",
  "resp_ver",
  "status",
  "res.cook(s)",
  "scook(t)",
];

const answer = respond((text) =>
  ok(
    /^GET \/empty/.test(text) ? "" : "fine",
    "X-List: a, b",
    "X-List: c",
    "X-Ip: 10.1.2.3, ::1",
    "X-Num: 12, -7",
    "Set-Cookie: s=1; path=/",
    "Set-Cookie: t=two; n=3",
    "Set-Cookie: n=44; secure",
  ),
);

const ASKED = [
  "Cookie: a=1; b=2; n=17",
  "Cookie: a=3",
  "X-List: a, b",
  "X-List: c",
  "X-Ip: 10.0.0.1, 10.0.0.2:80",
  "X-Num: 12, -7",
  "X-Bad: abc",
];

/** One header of the answer for each expression, its value in hexadecimal digits so that every byte may occur. */
function asks(
  name: string,
  list: readonly string[],
  direction: "request" | "response",
  requests: readonly string[],
): Scenario {
  const lines = list.flatMap((expression, i) =>
    direction === "request"
      ? [`http-request set-var(txn.v${i}) ${expression}`, `http-response set-header x-out-${i} "[%[var(txn.v${i})]]"`]
      : [`http-response set-header x-out-${i} "[%[${expression}]]"`],
  );
  return {
    name: `samples ${name}`,
    config: http({ [direction === "request" ? "frontend" : "backend"]: lines.join("\n") }),
    servers: { s1: answer },
    async client(talk) {
      for (const text of requests) {
        const client = await talk.connect();
        client.send(text);
        await talk.logged(1, 2000).catch(() => {});
        await silence(client, 300);
      }
    },
  };
}

const REQUESTS = [
  get("/p?x=1", ...ASKED),
  get("http://10.2.3.4:8080/p", ...ASKED),
  get("/empty"),
  post("/body", "hello=1", ...ASKED),
];

/** Patterns by method, and what is looked up there. */
const LOOKUPS: readonly (readonly [method: string, sample: string, patterns: readonly string[]])[] = [
  ["str", "hdr(x-key)", ["abc", "a/b/c.d"]],
  ["beg", "hdr(x-key)", ["ab", "a/b"]],
  ["dir", "hdr(x-key)", ["b", "abc"]],
  ["dom", "hdr(x-key)", ["d", "abc"]],
  ["end", "hdr(x-key)", ["bc", "c.d"]],
  ["sub", "hdr(x-key)", ["bc", "/b/"]],
  ["reg", "hdr(x-key)", ["^a.c$", "^a/(.)/"]],
  ["int", "hdr(x-num)", ["12", "1:11"]],
  ["ip", "hdr(x-ip)", ["10.0.0.0/8", "2001:db8::/32"]],
];

const VALUES = { "": ["one", "two"], _int: ["11", "-2"], _ip: ["192.0.2.1", "2001:db8::1"] } as const;
const FALLBACK = { "": "none", _int: "-1", _ip: "203.0.113.9" } as const;

const KEYS = [
  ["X-Key: abc", "X-Num: 12", "X-Ip: 10.1.2.3"],
  ["X-Key: a/b/c.d", "X-Num: 7", "X-Ip: 2001:db8::7"],
  ["X-Key: zork", "X-Num: 99", "X-Ip: 192.0.2.77"],
];

function looksUp([method, sample, patterns]: (typeof LOOKUPS)[number], output: keyof typeof VALUES): Scenario {
  const name = `map_${method}${output}`;
  const lines = patterns.map((pattern, i) => `${pattern} ${VALUES[output][i]}`);
  return {
    name: `samples ${name}`,
    config: http({
      backend: `http-request set-header x-a "[%[${sample},${name}({file:m})]]"
http-request set-header x-b "[%[${sample},${name}({file:m},${FALLBACK[output]})]]"`,
    }),
    files: { m: `${lines.join("\n")}\n` },
    servers: { s1: answer },
    async client(talk) {
      for (const fields of KEYS) {
        const client = await talk.connect();
        client.send(get("/", ...fields));
        await silence(client, 300);
      }
    },
  };
}

export const samples: readonly Scenario[] = [
  ...REQUEST.map((expression) => asks(`${expression} of requests`, [expression], "request", REQUESTS)),
  ...RESPONSE.map((expression) => asks(`${expression} of responses`, [expression], "response", REQUESTS)),
  ...LOOKUPS.flatMap((lookup) => (["", "_int", "_ip"] as const).map((output) => looksUp(lookup, output))),
  ...["res.body", "res.body,hex", "res.body_len", "res.body_size"].map((expression) => ({
    ...asks(`${expression} of whole responses`, [], "response", REQUESTS),
    config: http({
      backend: `http-response wait-for-body time 1s\nhttp-response set-header x-out "[%[${expression}]]"`,
    }),
  })),
];
