/** What clients send ends up in headers, locations, messages and log lines: nothing there can begin a header, a message or a line of its own. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { startSyslog } from "../harness/syslog.ts";
import { becomes, eventually, startServing } from "./tools.ts";

const evil = 'a\r\nX-Evil: 1\r\n\r\nGET /x HTTP/1.1\0\x1b[31m\x07\x7f\x80\xff"]\\';
const encoded = [...evil].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`).join("");

const rules = (port: number, back: number, log: string, structured: string): string => `
global
    nbthread 1
    log stdout format raw local0
    log ${log} format raw local0
    log ${structured} format rfc5424 local0
defaults
    mode http
    log global
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend web
    bind 127.0.0.1:${port}
    capture request header X-Cap len 200
    capture cookie C len 60
    log-format "LINE %ST %hr %CC %[var(txn.u)] %{+Q}[var(txn.u)] %HP %HQ %{+Q}r %[capture.req.hdr(0)]"
    log-format-sd "[x@1 u=\\"%{+E}[var(txn.u)]\\" h=\\"%{+E}[var(txn.h)]\\" r=\\"%{+E}r\\"]"
    http-request set-var(txn.u) path,url_dec
    http-request set-var(txn.q) query,url_dec
    http-request set-var(txn.h) req.hdr(x-b64),b64dec
    http-request set-header X-U %[var(txn.u)]
    http-request add-header X-B %[var(txn.h)]
    http-request replace-header X-R (.*) "%[var(txn.u)]\\1"
    http-request set-path /new%[var(txn.u)] if { query beg path }
    http-request set-query %[var(txn.u)] if { query beg query }
    http-request set-uri %[var(txn.u)] if { query beg uri }
    http-request redirect location /r%[var(txn.u)] if { query beg location }
    http-request redirect prefix /p%[var(txn.h)] if { query beg prefix }
    http-request return status 200 content-type text/plain lf-string "%[var(txn.u)]" hdr X-Ret "%[var(txn.h)]" if { query beg return }
    http-request early-hint Link "%[var(txn.u)]" if { query beg hint }
    http-response set-header X-Resp "%[var(txn.u)]"
    http-response add-header X-Resp2 "%[var(txn.h)]"
    default_backend app
backend app
    server s1 127.0.0.1:${back}
`;

const asks = ["plain", "path", "query", "uri", "location", "prefix", "return", "hint"];

test("no header, message or line of a log is split by what a rule or a format builds from a request", async () => {
  await using scope = new Scope();
  const server = startServer(scope, respond(ok("fine")));
  const [log, structured] = [await startSyslog(scope, freePort()), await startSyslog(scope, freePort())];
  const port = freePort();
  const proxy = await startServing(scope, rules(port, server.port, log.address, structured.address));
  for (const ask of asks) {
    const client = await connect(scope, port);
    client.send(
      `GET /${encoded}?${ask} HTTP/1.1\r\nHost: h\r\nX-R: z\r\nX-Cap: \x1b]0;x\x07"}|\r\nCookie: C=\x1b[2J\r\n` +
        `X-B64: ${Buffer.from(evil, "latin1").toString("base64")}\r\nConnection: close\r\n\r\n`,
    );
    await client.closed();
    const { received } = client;
    expect({
      ask,
      head: /^x-evil/im.test(received.slice(0, received.lastIndexOf("\r\n\r\n"))) && ask !== "return",
    }).toEqual({
      ask,
      head: false,
    });
    // The body of `return` is what was asked for; the head before it is one head.
    const head = received.slice(0, received.indexOf("\r\n\r\n"));
    for (const line of head.split("\r\n").slice(1)) expect(line).toMatch(/^[\w-]+: [^\0\r\n\x1b\x7f]*$/);
    client.reset();
  }
  for (const peer of server.peers) {
    for (const message of peer.received.split("\r\n\r\n").filter((text) => text !== "")) {
      const [first, ...fields] = message.split("\r\n");
      expect(first).toMatch(/^GET [^\0-\x20\x7f]+ HTTP\/1\.1$/);
      for (const field of fields) expect(field).toMatch(/^[\w-]+: [^\0\r\n]*$/);
      expect(fields.some((field) => field.startsWith("x-evil"))).toBe(false);
    }
  }
  await becomes(() => log.lines.length, asks.length);
  for (const line of log.lines) {
    expect(line).toStartWith("LINE ");
    expect(line).not.toMatch(/[\0-\x1f\x7f]/);
  }
  for (const line of structured.lines) {
    expect(line).not.toMatch(/[\0-\x1f\x7f]/);
    // RFC 5424 section 6.3.3: inside of a value `"`, `\` and `]` are escaped, so that it ends where it should.
    expect(line).toMatch(
      / - \[x@1 u="(?:[^"\\\]]|\\["\\\]])*" h="(?:[^"\\\]]|\\["\\\]])*" r="(?:[^"\\\]]|\\["\\\]])*"\] LINE /,
    );
  }
  // One line each where lines end with a line feed, too.
  const lines = (): string[] =>
    proxy.program
      .stdout()
      .split("\n")
      .filter((line) => line !== "");
  await eventually("all lines are on stdout", () => lines().length >= asks.length);
  expect(lines().filter((line) => !line.startsWith("LINE "))).toEqual([]);
});
