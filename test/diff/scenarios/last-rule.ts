/**
 * The line of the rule that ended an evaluation, in the log (both programs read the same text), and what else an exchange that a rule
 * ended leaves there.
 */
import { get, http, post, silence } from "../build.ts";
import { ok, respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";

const REQUEST = [
  "deny",
  "deny status 429 content-type text/plain string no",
  "tarpit deny_status 403",
  "return status 200",
  "redirect location /x",
  "redirect location %[req.hdr(none)] ignore-empty",
  "allow",
  "auth",
  "reject",
  "set-header x y",
  'set-header x-bad %[str("a\\nb")]',
  "wait-for-body time 50ms",
];
const RESPONSE = ["deny", "return status 404", "redirect location /x", "allow", "set-status 299", "set-header x y"];

const CHUNKED =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a = 1; Path=/\r\nset-cookie: b=2 , c = 3\r\nSet-Cookie: d= ;x\r\n\r\n3\r\nabc\r\n0\r\nX-T: t\r\n\r\n";

function logged(name: string, frontend: string, backend = ""): Scenario {
  return plain(name, `log-format "%ST %[last_rule_line]"\n${frontend}`, backend);
}

/** A server that answers in chunks, and the usual log line. */
function chunks(name: string, frontend: string, backend = ""): Scenario {
  return { ...plain(`${name}, chunked`, frontend, backend), servers: { s1: respond(CHUNKED) } };
}

function plain(name: string, frontend: string, backend: string): Scenario {
  return {
    name: `last rule: ${name}`,
    config: http({
      defaults: "timeout tarpit 50ms",
      frontend,
      backend,
    }),
    servers: { s1: respond(ok("fine")) },
    async client(talk) {
      for (const request of [get("/a", "Cookie: a=7"), get("/b"), post("/a", "abc")]) {
        const client = await talk.connect();
        client.send(request);
        await silence(client, 150);
      }
    },
  };
}

export const lastRule: readonly Scenario[] = [
  ...REQUEST.flatMap((rule) => [
    logged(`http-request ${rule}`, `http-request ${rule} if { path /a }`),
    logged(`http-request ${rule}, of the backend`, "http-request allow", `http-request ${rule} if { path /a }`),
  ]),
  ...RESPONSE.flatMap((rule) => [
    logged(`http-response ${rule}`, `http-request allow\nhttp-response ${rule} if { status 200 }`),
    logged(`http-response ${rule}, of the backend`, "", `http-response ${rule}`),
  ]),
  logged("http-after-response allow", "http-request deny if { path /b }\nhttp-after-response allow"),
  logged("http-after-response set-header", "http-request deny if { path /b }\nhttp-after-response set-header a b"),
  logged("redirect", "redirect location /x if { path /a }"),
  logged("tcp-request content", "tcp-request content accept if { path /a }\nhttp-request allow if { path /b }"),
  ...["deny", "return status 404", "redirect location /x", "allow"].map((rule) =>
    chunks(`http-response ${rule}`, "", `http-response ${rule}`),
  ),
  chunks(
    "tcp-response content reject",
    "",
    "tcp-response inspect-delay 1s\ntcp-response content reject if { status 200 }",
  ),
  chunks("cookies of a response", "capture cookie a len 9"),
  chunks("cookies of a response, by persistence", "", "cookie SRV insert"),
  ...["", "be"].flatMap((side) =>
    [
      "tcp-request content reject",
      "http-request reject",
      "http-request deny",
      "http-request return",
      "http-request tarpit",
    ].map((rule) => {
      const lines = ["capture cookie a len 9", side === "" ? rule : ""].join("\n");
      return plain(`captured cookie and ${rule} ${side}`, lines, side === "" ? "" : rule);
    }),
  ),
  ...["%[path]", "%[str(/)]", "/", "%[req.hdr(none)]/"].map((prefix) =>
    plain(`redirect prefix ${prefix}`, `http-request redirect prefix ${prefix}`, ""),
  ),
  logged("after one about content", "tcp-request content accept\nhttp-request deny if { path /b }"),
];
