/** The same checks by HAProxy and by this checker: what the servers receive, and what is logged. */
import { describe, expect, test } from "bun:test";
import { initialiseServers } from "../admin/servers.ts";
import { parseText } from "../config/testing.helper.ts";
import { type Case, checked, fast, haproxy, one, withHaproxy, withOurs } from "./beside.helper.ts";
import { answer, type FakeServer } from "./fixture.helper.ts";

const rows = { parseText, initialiseServers };

const ok = answer("HTTP/1.0 200 OK\r\n\r\n");

const requests: readonly string[] = [
  "option httpchk",
  "option httpchk /h",
  "option httpchk HEAD /h",
  "option httpchk GET /h HTTP/1.1",
  "option httpchk GET /h HTTP/2.0",
  "option httpchk FOO /h FOO/9",
  "option httpchk GET /\\ HTTP/1.1\\r\\nHost:\\ x.y",
  "option httpchk\n http-check send meth POST uri /h ver HTTP/1.1 hdr Host check.test hdr X-A b body hello",
  "option httpchk\n http-check send meth PUT",
  "option httpchk\n http-check send meth GET ver HTTP/1.1 hdr Connection keep-alive hdr host a.b",
  "option httpchk\n http-check send ver HTTP/1.1 hdr Connection foo,close hdr A b",
  "option httpchk\n http-check send ver HTTP/1.1 hdr Connection upgrade hdr Upgrade foo",
  "option httpchk\n http-check send hdr Connection close",
  "option httpchk\n http-check send hdr Connection keep-alive hdr A b",
  "option httpchk\n http-check send hdr Content-Length 5 body hello",
  "option httpchk\n http-check send meth GET ver HTTP/1.1 hdr Transfer-Encoding chunked body abc",
  "option httpchk\n http-check send meth GET hdr Host a uri http://foo/ ver HTTP/1.1",
  "option httpchk GET /a HTTP/1.1\n http-check send-state",
  "option httpchk\n http-check send-state",
];

const bad = (text: string, rules = "", close = true): Case => ({
  name: `${JSON.stringify(text)}${close ? ", closed" : ""} ${rules}`,
  backend: one(`option httpchk\n ${checked}\n ${rules}`, `${fast} fall 2`),
  script: answer(text, close),
  lines: 2,
});

const good = (text: string, rules: string, close = true): Case => ({ ...bad(text, rules, close), lines: 1 });

const verdicts: readonly Case[] = [
  bad("garbage\r\n\r\n"),
  bad("HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n"),
  bad("HTTP/1.1 20"),
  bad(""),
  bad("", "", false),
  { ...bad("", "timeout check 100ms", false), name: "timeout check" },
  bad('HTTP/1.1 500 Err x"<>\x01\xe9~\x7f\r\n\r\n', "", false),
  bad("HTTP/1.1 500 Err\r\nContent-Length: 5\r\n\r\n", "", false),
  bad(`HTTP/1.1 500 ${"long ".repeat(40)}\r\n\r\n`),
  bad("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
  bad("HTTP/1.1 404 Not Found\r\n\r\n"),
  good("HTTP/1.1 302 Found\r\n\r\n", ""),
  good("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "", false),
  good("HTTP/1.1 404 No\r\n\r\n", "http-check expect status 200-299,404"),
  bad("HTTP/1.1 500 No\r\n\r\n", "http-check expect ! status 500"),
  good("HTTP/1.1 500 No\r\n\r\n", "http-check expect rstatus ^5"),
  bad("HTTP/1.1 500 No\r\n\r\n", "http-check expect ! rstatus ^5"),
  good("HTTP/1.1 200 OK\r\n\r\nhello", "http-check expect string ell", false),
  good(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    "http-check expect string hello",
    false,
  ),
  bad(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n",
    "http-check expect string hello",
    false,
  ),
  bad(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhe\r\n0\r\n\r\n",
    "http-check expect string hello",
    false,
  ),
  bad("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "http-check expect string fine", false),
  bad("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "http-check expect string fine", false),
  bad("HTTP/1.1 200 OK\r\n\r\nhello", "http-check expect ! string hell"),
  good("HTTP/1.1 200 OK\r\n\r\nhello", "http-check expect ! string fine"),
  bad("HTTP/1.1 200 OK\r\n\r\nhello", "http-check expect rstring zzz", false),
  bad("HTTP/1.1 200 OK\r\n\r\nhello", "http-check expect min-recv 2 rstring zzz", false),
  bad("HTTP/1.1 200 OK\r\n\r\nhello", "http-check expect min-recv 20 rstring hello", false),
  good("HTTP/1.1 200 OK\r\n\r\nhello", "http-check expect min-recv 2 ! string zzz", false),
  bad("HTTP/1.1 200 OK\r\n\r\nhello", "http-check expect string zzz tout-status L6TOUT", false),
  bad("HTTP/1.1 500 No\r\n\r\nhello", "http-check expect string nope comment foo"),
  bad("HTTP/1.1 500 No\r\n\r\n", 'http-check expect status 201 on-error "it is %% bad" error-status L7RSP comment foo'),
  good("HTTP/1.1 500 No\r\n\r\n", 'http-check expect status 500 on-success "it is good" ok-status L6OK'),
  bad(
    "HTTP/1.1 200 OK\r\n\r\nhello",
    "http-check expect rstring h.l+o\n http-check expect status 200\n http-check expect status 404",
  ),
  good("HTTP/1.1 200 OK\r\nX-A: a, b\r\n\r\n", "http-check expect hdr name X-a value b"),
  bad("HTTP/1.1 200 OK\r\nX-A: a,b\r\n\r\n", "http-check expect fhdr name x-a value b"),
  good("HTTP/1.1 200 OK\r\nX-A: a,b\r\n\r\n", "http-check expect fhdr name -m beg X- value -m beg a"),
  good("HTTP/1.1 200 OK\r\nX-A: a,b\r\n\r\n", "http-check expect hdr name -m reg ^x-a$ value -m end b"),
  bad("HTTP/1.1 200 OK\r\nX-A: a,b\r\n\r\n", "http-check expect ! hdr name x-a"),
  bad("HTTP/1.1 200 OK\r\nFoo: b\r\n\r\n", "http-check expect hdr name foo value B"),
  bad("HTTP/1.1 200 OK\r\nFoo: b\r\n\r\n", "http-check expect hdr name foo value -m sub x"),
  good("HTTP/1.1 200 OK\r\nFoo: b\r\n\r\n", "http-check expect hdr name -m sub o value -m reg [ab]"),
];

const stop = (s1: FakeServer): void => s1.refuse();
const back = (s1: FakeServer): void => s1.accept();

const lives: readonly Case[] = [
  { name: "tcp", backend: one(checked, fast), lines: 1 },
  { name: "tcp, send-proxy", backend: one("", `${fast} send-proxy`), lines: 0 },
  { name: "tcp, send-proxy-v2", backend: one("", `${fast} send-proxy-v2`), lines: 0 },
  ...["crc32c", "ssl", "unique-id,authority,ssl,crc32c"].map((options) => ({
    name: `tcp, proxy-v2-options ${options}`,
    backend: one("", `${fast} send-proxy-v2 proxy-v2-options ${options}`),
    lines: 0,
  })),
  ...["send-proxy-v2", "send-proxy-v2-ssl", "send-proxy"].map((option) => ({
    name: `pp2-never-send-local, ${option}`,
    global: "pp2-never-send-local",
    backend: one("", `${fast} ${option}`),
    lines: 0,
  })),
  { name: "http, send-proxy", backend: one("option httpchk", `${fast} send-proxy`), script: ok, lines: 0 },
  {
    name: "refused, back, refused",
    backend: one("", "check inter 70ms fall 2 rise 2"),
    before: stop,
    then: [
      [2, back],
      [3, stop],
    ],
    lines: 5,
  },
  {
    name: "the same with log-health-checks",
    backend: one(checked, "check inter 70ms fall 3 rise 2"),
    before: stop,
    then: [
      [3, back],
      [6, stop],
    ],
    lines: 10,
  },
  {
    name: "a listen is a proxy",
    backend: `listen be\n bind abns@tlb-check-{port}\n ${checked}\n server s1 {s1} ${fast}`,
    before: stop,
    then: [[3, back]],
    lines: 5,
  },
  {
    name: "a backup stands in",
    backend: `backend be\n server s1 {s1} ${fast} rise 1\n server s2 {s2} backup`,
    before: stop,
    then: [[1, back]],
    lines: 2,
  },
  {
    name: "followers",
    backend:
      `backend be\n server s1 {s1} ${fast} rise 1\n server s2 {s2} track s1\n server s3 {s2} track s2\n server s4 {s2} track s1 backup\n` +
      "backend other\n server t1 {s2} track be/s1\n",
    before: stop,
    then: [[7, back]],
    lines: 12,
  },
  {
    name: "404 drains, 500 kills, 404 does not revive, 200 does",
    backend: one("option httpchk\n http-check disable-on-404", "check inter 60ms fall 1 rise 1"),
    script: answer("HTTP/1.0 404 Not Found\r\n\r\n"),
    then: [
      [2, (s1) => void (s1.script = answer("HTTP/1.0 500 Oops\r\n\r\n"))],
      [3, (s1) => void (s1.script = answer("HTTP/1.0 404 Not Found\r\n\r\n"))],
      [3, (s1) => void (s1.script = ok)],
      [4, (s1) => void (s1.script = answer("HTTP/1.0 404 Not Found\r\n\r\n"))],
      [6, (s1) => void (s1.script = ok)],
    ],
    lines: 7,
  },
  {
    name: "the same with log-health-checks",
    backend: one(`option httpchk\n ${checked}\n http-check disable-on-404`, "check inter 60ms fall 2 rise 2"),
    script: answer("HTTP/1.0 404 Not Found\r\n\r\n"),
    then: [
      [3, (s1) => void (s1.script = answer("HTTP/1.0 500 Oops\r\n\r\n"))],
      [6, (s1) => void (s1.script = ok)],
    ],
    lines: 9,
  },
  {
    name: "weight 0 is DRAIN",
    backend: one(checked, `${fast} weight 0 rise 1`),
    then: [
      [1, stop],
      [5, back],
    ],
    lines: 7,
  },
  {
    name: "reset while waiting for the answer",
    backend: one(`option httpchk\n ${checked}`),
    script: (socket) => socket.terminate(),
    lines: 2,
  },
  {
    name: "no unix socket there",
    backend: `backend be\n ${checked}\n server s1 /tmp/no-such-folder/socket ${fast}\n`,
    lines: 3,
  },
  {
    name: "port and address of their own",
    backend: `backend be\n server s1 127.0.0.1:1 ${fast} addr 127.0.0.1 port {port}\n`,
    before: stop,
    lines: 2,
  },
];

describe.skipIf(haproxy === null)("beside HAProxy", () => {
  const cases: readonly Case[] = [
    ...requests.map((rules) => ({ name: rules, backend: one(rules), script: ok, lines: 0 })),
    ...verdicts,
    ...lives,
  ];
  test.each(cases.map((c) => [c.name, c] as const))("%s", async (_, c) => {
    const [theirs, ours] = await Promise.all([withHaproxy(c), withOurs(rows, c)]);
    expect(ours).toEqual(theirs);
  });
});
