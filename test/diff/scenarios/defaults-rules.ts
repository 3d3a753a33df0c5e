/** Rules and ACLs of named defaults sections. */
import { echo, get, sends } from "../build.ts";
import type { Scenario } from "../scenario.ts";
import { mirror } from "../build.ts";

const SETTINGS = `
    mode http
    log 127.0.0.1:{log} local0
    option httplog
    timeout connect 2s
    timeout client 3s
    timeout server 3s`;

/** Defaults sections of their own for the frontend and the backend. */
function one(name: string, front: string, back: string, frontend: string, backend = ""): Scenario {
  const unique = name.replaceAll(/[^a-z]/g, "");
  const lines = (text: string): string => text.replaceAll(/^\s*/gm, "    ");
  return {
    name: `defaults rules: ${name}`,
    config: `
defaults front-${unique}${SETTINGS}
${lines(front)}
defaults back-${unique}${SETTINGS}
${lines(back)}
frontend fe from front-${unique}
    bind 127.0.0.1:{fe}
    default_backend be
${lines(frontend)}
backend be from back-${unique}
    server s1 127.0.0.1:{s1}
${lines(backend)}
`,
    servers: { s1: mirror },
    client: sends(get("/a"), get("/b"), get("/c", "X-A: 1")),
  };
}

export const defaultsRules: readonly Scenario[] = [
  one(
    "deny before the frontend's own",
    "http-request deny deny_status 404 if { path /a }",
    "",
    "http-request deny if { path_beg / }",
  ),
  one(
    "order of headers",
    "http-request add-header X-O defaults",
    "http-request add-header X-O back",
    "http-request add-header X-O own",
    "http-request add-header X-O be",
  ),
  one(
    "an ACL of each",
    "acl a path /a\nhttp-request set-header X-D yes if a",
    "",
    "acl a path /b\nhttp-request set-header X-F yes if a",
  ),
  one(
    "allow in the defaults section",
    "http-request allow if { path /a }\nhttp-request set-header X-D 1",
    "",
    "http-request deny",
  ),
  one(
    "response rules",
    "http-response add-header X-R front\nhttp-after-response add-header X-S front",
    "http-response add-header X-R back\nhttp-after-response add-header X-S back",
    "http-response add-header X-R own\nhttp-after-response add-header X-S own",
  ),
  one("of the backend only", "", "http-request deny if { path /b }", ""),
  one(
    "variables and captures",
    "http-request set-var(txn.x) path\nhttp-request set-header X-V %[var(txn.x)]",
    "http-request set-header X-W %[var(txn.x)]",
    "",
  ),
  one(
    "tcp-request connection",
    "tcp-request connection accept\ntcp-request content accept",
    "tcp-response content accept",
    "",
  ),
  {
    name: "defaults rules: two frontends",
    config: `
defaults shared${SETTINGS}
    http-request set-header X-F %f
    http-request deny if { path /b }
defaults plain${SETTINGS}
frontend fe from shared
    bind 127.0.0.1:{fe}
    default_backend be
frontend other from shared
    bind 127.0.0.1:{two}
    default_backend be
backend be from plain
    server s1 127.0.0.1:{s1}
`,
    servers: { s1: echo },
    client: async (talk) => {
      await talk.once(get("/a"));
      await talk.once(get("/b"), "two");
      await talk.once(get("/a"), "two");
    },
  },
];
