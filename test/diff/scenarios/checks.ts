/** Health checks: what the server is sent, when it goes down and up, and the lines HAProxy logs about it. */
import type { Peer } from "../../harness/peer.ts";
import type { ServerScript } from "../../harness/server.ts";
import { ok } from "../../harness/server.ts";
import { get, http, tcp } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

const fast = "check inter 60ms fall 2 rise 2";
const answers =
  (text: string): ServerScript =>
  async (peer: Peer) => {
    await peer.request();
    peer.send(text);
  };

async function status(talk: Talk, key: string): Promise<void> {
  const client = await talk.connect();
  client.send(get("/probe", "Connection: close"));
  talk.note(key, (await client.response()).slice(9, 12));
}

interface Row {
  readonly name: string;
  readonly backend?: string;
  readonly server?: string;
  readonly script: ServerScript;
  /** The check passes: no line says so, unless option log-health-checks. */
  readonly up?: true;
}

const rows: readonly Row[] = [
  { name: "httpchk: OPTIONS / is answered with 200", backend: "option httpchk", script: answers(ok("")), up: true },
  { name: "httpchk: a URI", backend: "option httpchk /health", script: answers(ok("")), up: true },
  { name: "httpchk: method and URI", backend: "option httpchk GET /health", script: answers(ok("")), up: true },
  {
    name: "httpchk: method, URI and version",
    backend: "option httpchk GET /health HTTP/1.1",
    script: answers(ok("")),
    up: true,
  },
  {
    name: "httpchk: http-check send",
    backend: "option httpchk\nhttp-check send meth POST uri /h ver HTTP/1.1 hdr Host check.test hdr X-A b body hello",
    script: answers(ok("")),
    up: true,
  },
  {
    name: "httpchk: a variable in a header, an expectation made by a format",
    backend:
      "option httpchk\nhttp-check set-var(check.a) str(x)\nhttp-check send uri-lf /%[be_name] hdr X-A %[var(check.a)]\nhttp-check expect string-lf %[str(fi)]ne",
    script: answers(ok("fine")),
    up: true,
  },
  {
    name: "httpchk: a comment is told",
    backend: "option httpchk\nhttp-check send uri /a\nhttp-check comment mine\nhttp-check expect status 201",
    script: answers(ok("fine")),
  },
  {
    name: "httpchk: 302 passes",
    backend: "option httpchk",
    script: answers("HTTP/1.0 302 Found\r\nLocation: /\r\n\r\n"),
    up: true,
  },
  {
    name: "httpchk: 404 fails",
    backend: "option httpchk",
    script: answers("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
  },
  {
    name: "httpchk: 500 fails",
    backend: "option httpchk",
    script: answers("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"),
  },
  { name: "httpchk: garbage fails", backend: "option httpchk", script: answers("garbage\r\n\r\n") },
  {
    name: "httpchk: server closes without an answer",
    backend: "option httpchk",
    script: async (peer) => {
      await peer.request();
      peer.close();
    },
  },
  {
    name: "httpchk: server resets",
    backend: "option httpchk",
    script: async (peer) => {
      await peer.request();
      peer.reset();
    },
  },
  {
    name: "httpchk: no answer in time",
    backend: "option httpchk\ntimeout check 100ms",
    script: async (peer) => {
      await peer.request();
    },
  },
  {
    name: "httpchk: expect status 404",
    backend: "option httpchk\nhttp-check expect status 404",
    script: answers("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    up: true,
  },
  {
    name: "httpchk: expect status 200-299 and 404",
    backend: "option httpchk\nhttp-check expect status 200-299,404",
    script: answers("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n"),
  },
  {
    name: "httpchk: expect ! status 500",
    backend: "option httpchk\nhttp-check expect ! status 500",
    script: answers("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"),
  },
  {
    name: "httpchk: expect string",
    backend: "option httpchk\nhttp-check expect string fine",
    script: answers(ok("all is fine here")),
    up: true,
  },
  {
    name: "httpchk: expect string that is missing",
    backend: "option httpchk\nhttp-check expect string fine",
    script: answers(ok("all is lost")),
  },
  {
    name: "httpchk: expect rstatus",
    backend: "option httpchk\nhttp-check expect rstatus ^4",
    script: answers("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    up: true,
  },
  {
    name: "httpchk: disable-on-404",
    backend: "option httpchk\nhttp-check disable-on-404",
    script: answers("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
  },
  { name: "tcp check passes", script: () => {}, up: true },
];

export const checks: readonly Scenario[] = [
  ...rows.map((row): Scenario => ({
    name: `check ${row.name}`,
    config: http({
      defaults: "option log-health-checks\ntimeout check 2s",
      backend: row.backend ?? "",
      servers: { s1: row.server ?? (row.up === true ? "check inter 60ms" : fast) },
    }),
    alone: true,
    servers: { s1: row.script },
    async client(talk) {
      await talk.logMatch(row.up === true ? /succeeded/ : /is (DOWN|stopping)|stopping, reason/);
      // A bare connection may be reset before the server has accepted it.
      if (row.name !== "tcp check passes") talk.note("the check", talk.server("s1").peers[0]?.received);
      await talk.sleep(60);
    },
    compare: { servers: false, timers: 150 },
  })),
  {
    name: "check refused: DOWN, no server available, then 503",
    config: http({ servers: { s1: fast }, backend: "" }),
    alone: true,
    servers: { s1: answers(ok("")) },
    async client(talk) {
      talk.server("s1").refuse();
      await talk.logMatch(/has no server available/);
      await status(talk, "while down");
      talk.server("s1").accept();
      await talk.logMatch(/is UP/);
      await status(talk, "after it came back");
    },
    compare: { servers: false, timers: 150 },
  },
  {
    name: "check refused with log-health-checks: every change is logged",
    config: http({ servers: { s1: "check inter 80ms fall 3 rise 2" }, defaults: "option log-health-checks" }),
    alone: true,
    servers: { s1: () => {} },
    async client(talk) {
      await talk.logMatch(/succeeded/);
      talk.server("s1").refuse();
      await talk.logMatch(/is DOWN/);
      talk.server("s1").accept();
      await talk.logMatch(/is UP/);
      await talk.sleep(100);
    },
    compare: { servers: false, timers: 150 },
  },
  {
    name: "check: one of two servers goes down, the other serves",
    config: http({ servers: { s1: fast, s2: fast } }),
    alone: true,
    servers: { s1: answers(ok("s1")), s2: answers(ok("s2")) },
    async client(talk) {
      talk.server("s1").refuse();
      await talk.logMatch(/s1 is DOWN/);
      for (let index = 0; index < 3; index++) await status(talk, `request ${index}`);
    },
    compare: { servers: false, timers: 150 },
  },
  {
    name: "check: backup takes over and gives back",
    config: http({ servers: { s1: fast, s2: `${fast} backup` } }),
    alone: true,
    servers: { s1: answers(ok("s1")), s2: answers(ok("s2")) },
    async client(talk) {
      talk.server("s1").refuse();
      await talk.logMatch(/s1 is DOWN/);
      await status(talk, "on the backup");
      talk.server("s1").accept();
      await talk.logMatch(/s1 is UP/);
      await status(talk, "back");
    },
    compare: { servers: false, timers: 150 },
  },
  {
    name: "check: port of its own",
    config: http({ servers: { s1: `${fast} port {side}` }, defaults: "option log-health-checks" }),
    alone: true,
    servers: { s1: answers(ok("")), side: () => {} },
    async client(talk) {
      await talk.logMatch(/succeeded/);
      talk.server("side").refuse();
      await talk.logMatch(/is DOWN/);
      talk.note("the server itself saw no check", talk.server("s1").peers.length);
    },
    compare: { servers: false, timers: 150 },
  },
  {
    name: "check: fastinter while it is failing, downinter while it is down",
    config: http({ servers: { s1: "check inter 400ms fastinter 40ms downinter 100ms fall 3 rise 1" } }),
    alone: true,
    servers: { s1: () => {} },
    async client(talk) {
      await talk.sleep(50);
      talk.server("s1").refuse();
      const took = talk.stopwatch();
      await talk.logMatch(/is DOWN/);
      talk.note("down within one inter and two fastinter", took() < 800);
      talk.server("s1").accept();
      await talk.logMatch(/is UP/);
    },
    compare: { servers: false, timers: 150 },
  },
  {
    name: "check in mode tcp: relay stops with the server",
    config: tcp({ servers: { s1: fast } }),
    alone: true,
    servers: { s1: (peer) => peer.send("hi") },
    async client(talk) {
      talk.server("s1").refuse();
      await talk.logMatch(/has no server available/);
      const client = await talk.connect();
      await client.closed();
    },
    compare: { servers: false, timers: 150 },
  },
];
