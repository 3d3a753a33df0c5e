/** What http-after-response rules see of answers made here: every header, the body, and the Connection of a page. */
import { get, http, plays, request, sends } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const SEEN = `
http-after-response set-header X-All %[res.hdrs,hex]
http-after-response set-header X-Names <%[res.hdr_names]>
http-after-response set-header X-Length <%[res.hdr(content-length)]>
http-after-response set-header X-Body <%[status]|%[res.ver]|%[res.body_len]|%[res.body_size]|%[res.body,hex]|%[internal.htx.data]|%[internal.htx.has_eom]>
`;

const page = (fields: string, body: string): string => `HTTP/1.1 403 Own\r\nX-Own: 1\r\n${fields}\r\n${body}`;
const files = {
  sized: page("Content-Length: 3\r\n", "abc"),
  open: page("", "abc"),
  closing: page("Connection: close\r\nContent-Length: 3\r\n", "abc"),
  kept: page("Content-Length: 3\r\nConnection: keep-alive\r\n", "abc"),
};

const RETURNS = [200, 204, 205, 304, 404].flatMap((status) => [
  `http-request return status ${status}`,
  `http-request return status ${status} hdr a b`,
]);

/** Rules of a frontend whose server answers 200. */
const RULES: readonly string[] = [
  ...RETURNS,
  "http-request deny",
  "http-request deny deny_status 400",
  "http-request deny deny_status 400\nhttp-after-response del-header connection",
  "http-request deny deny_status 408",
  "http-request deny status 204",
  "http-request deny status 403 content-type text/plain string abc hdr a b",
  ...["sized", "open", "closing", "kept"].map((name) => `errorfile 403 {file:${name}}\nhttp-request deny`),
  "http-request deny status 403 errorfile {file:closing}",
  'http-error status 403 content-type text/plain lf-string "a%[src]"\nhttp-request deny',
  "http-request return status 200 content-type text/plain string abc",
  'http-request return status 200 content-type text/plain lf-string "%[hdr(none)]"',
  "http-request redirect location /x if { path / }",
  "http-request redirect location /x code 303 set-cookie A=b if { path / }",
  "http-request auth realm x",
  "http-response return status 204",
  "http-response return status 200 content-type text/plain string abc",
  "http-response deny",
  "http-response deny status 204",
  "http-response set-status 204",
  "monitor-uri /",
  "monitor-uri /\nmonitor fail if TRUE",
];

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello";

function scenario(name: string, frontend: string, asked: string): Scenario {
  return {
    name: `after-response rules see: ${name}`,
    config: http({ frontend: SEEN + frontend }),
    files,
    servers: { s1: plays(ANSWER) },
    client: sends(asked),
  };
}

export const afterAnswers: readonly Scenario[] = RULES.flatMap((rules) => {
  const name = rules.replaceAll("\n", "; ");
  return [scenario(name, rules, get("/")), scenario(`HEAD, ${name}`, rules, request("HEAD", "/"))];
});
