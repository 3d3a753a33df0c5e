/** The line of the rule that ended an evaluation, in the log. Both programs read the same text. */
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

function logged(name: string, frontend: string, backend = ""): Scenario {
  return {
    name: `last rule: ${name}`,
    config: http({
      defaults: "timeout tarpit 50ms",
      frontend: `log-format "%ST %[last_rule_line]"\n${frontend}`,
      backend,
    }),
    servers: { s1: respond(ok("fine")) },
    async client(talk) {
      for (const request of [get("/a"), get("/b"), post("/a", "abc")]) {
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
  logged("after one about content", "tcp-request content accept\nhttp-request deny if { path /b }"),
];
