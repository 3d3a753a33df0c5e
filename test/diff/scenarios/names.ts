/** Header names: h1-case-adjust and option http-restrict-req-hdr-names; and monitor fail. */
import { echo, get, http, post, request, sends } from "../build.ts";
import { respond } from "../../harness/server.ts";
import type { Scenario } from "../scenario.ts";

const GLOBAL = ["content-type Content-Type", "x-abc X-ABC", "content-length Content-Length", "connection Connection"]
  .map((names) => `    h1-case-adjust ${names}`)
  .join("\n");
const answer = respond(
  () => "HTTP/1.1 200 OK\r\nX-ABC: 1\r\nX-abcd: 2\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok",
);
const fields = ["X-Abc: x-abc", "content-type: a", "Other: 1"];

function adjust(
  name: string,
  lines: { frontend?: string; backend?: string; defaults?: string },
  ...requests: string[]
): Scenario {
  return {
    name: `names: adjust ${name}`,
    global: GLOBAL,
    config: http(lines),
    servers: { s1: answer },
    client: sends(...(requests.length > 0 ? requests : [get("/", ...fields), post("/p", "x-abc", ...fields)])),
  };
}

const odd = [
  get("/", "X_A: 1", "Good-One: 2"),
  get("/", "Plain: 1"),
  get("/", "X.Y: 1", "a!b: 2", "X_Forwarded_For: 3", "ok9: 4"),
];

function restrict(
  name: string,
  lines: { frontend?: string; backend?: string; defaults?: string },
  ...requests: string[]
): Scenario {
  return {
    name: `names: restrict ${name}`,
    config: http(lines),
    servers: { s1: echo },
    client: sends(...(requests.length > 0 ? requests : odd)),
  };
}

function monitor(name: string, frontend: string, ...requests: string[]): Scenario {
  return {
    name: `monitor: ${name}`,
    config: http({ frontend: `monitor-uri /alive\n${frontend}` }),
    servers: { s1: echo },
    client: sends(
      ...(requests.length > 0 ? requests : [get("/alive"), get("/other"), get("/alive?x"), request("HEAD", "/alive")]),
    ),
  };
}

const option = (policy: string): string => `option http-restrict-req-hdr-names ${policy}`;

export const names: readonly Scenario[] = [
  adjust("nothing without the options", {}),
  adjust("to clients", { frontend: "option h1-case-adjust-bogus-client" }),
  adjust("to servers", { backend: "option h1-case-adjust-bogus-server" }),
  adjust("both by defaults", { defaults: "option h1-case-adjust-bogus-client\noption h1-case-adjust-bogus-server" }),
  adjust("with edits", {
    defaults: "option h1-case-adjust-bogus-client\noption h1-case-adjust-bogus-server",
    frontend: "http-request set-header x-abc new\nhttp-response add-header x-abc more\noption forwardfor header X-ABC",
  }),
  adjust(
    "error pages",
    {
      defaults: "option h1-case-adjust-bogus-client",
      frontend: "http-request deny if { path /d }\nhttp-request redirect location /x if { path /r }",
    },
    get("/d"),
    get("/r"),
    get("/r", "Connection: close"),
  ),
  adjust(
    "closing",
    { defaults: "option h1-case-adjust-bogus-client\noption h1-case-adjust-bogus-server\noption httpclose" },
    get("/"),
  ),
  restrict("preserve", { frontend: option("preserve") }),
  restrict("delete in the frontend", { frontend: option("delete") }),
  restrict("delete in the backend", { backend: option("delete") }),
  restrict("reject in the frontend", { frontend: option("reject") }),
  restrict("reject in the backend", { backend: option("reject") }),
  restrict("delete, then reject", { frontend: option("delete"), backend: option("reject") }),
  restrict("delete after the rules", {
    frontend: `${option("delete")}\nhttp-request set-header x_new %[req.hdr(x_a)]\nhttp-request set-header x-seen %[req.hdr(x_a)]`,
  }),
  restrict("reject what a rule added", { frontend: `${option("reject")}\nhttp-request set-header x_new 1` }),
  restrict("reject after a deny", { frontend: `${option("reject")}\nhttp-request deny` }),
  monitor("without a condition", ""),
  monitor("fail", "monitor fail if TRUE"),
  monitor("does not fail", "monitor fail if FALSE"),
  monitor("unless", "monitor fail unless TRUE"),
  monitor(
    "two conditions",
    "acl a always_false\nmonitor fail if a\nmonitor fail if { req.hdr(x-fail) -m found }",
    get("/alive"),
    get("/alive", "X-Fail: 1"),
    get("/alive"),
  ),
  monitor("fail with a page", "monitor fail if TRUE\nhttp-error status 503 content-type text/plain string sick"),
  monitor("fail and after-response rules", "monitor fail if TRUE\nhttp-after-response set-header X-A 1"),
];
