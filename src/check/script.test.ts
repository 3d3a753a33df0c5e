/** Checks in several steps, by HAProxy and by this checker: what the servers receive, and what is logged. */
import { describe, expect, test } from "bun:test";
import { initialiseServers } from "../admin/servers.ts";
import type { Model } from "../config/model.ts";
import { parseText } from "../config/testing.helper.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import { issue } from "../net/tls/certificates.helper.ts";
import { TlsClient } from "../net/tls/client.ts";
import type { Backend } from "../proxy/backend.ts";
import { RulesCompiler } from "../rules/context.ts";
import { registries } from "../rules/registries.ts";
import { type Case, checked, haproxy, one, withHaproxy, withOurs } from "./beside.helper.ts";
import { answer, checkBench, type FakeServer, fakeServer, type Script, until } from "./fixture.helper.ts";

function compileScripts(model: Model, backends: readonly Backend[]): void {
  const named = new Map(backends.map((backend) => [backend.name, backend]));
  const found = new Diagnostics();
  const rules = new RulesCompiler(model, new Map(), named, registries, { hostname: "n1", pid: 1 }, found);
  for (const backend of backends) backend.checkScript = rules.checkScript(backend.model);
  for (const { servers } of backends) {
    for (const server of servers) {
      const { tls, stepTls } = server.model.check;
      if (tls !== null) server.checkTls = new TlsClient(tls, model.tls);
      if (stepTls !== null) server.stepTls = new TlsClient(stepTls, model.tls);
    }
  }
  if (found.failed) throw new Error(found.list.map(({ message }) => message).join("\n"));
}

const rows = { parseText, initialiseServers, compileScripts };

/** Answers every request on a connection; keeps it open. */
const each = (text: string): Script => answer(text, false);

const http = (rules: readonly string[], script: Script, lines: number, server = "check inter 250ms fall 2"): Case => ({
  name: rules.join(" · "),
  backend: one(["option httpchk", checked, ...rules.map((rule) => `http-check ${rule}`)].join("\n "), server),
  script,
  lines,
  // The next check must not count, however slow the machine is.
  connections:
    lines === 1 ? 1 + rules.filter((rule, i) => i > 0 && rule.startsWith("connect") && i < rules.length - 1).length : 2,
});

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi";

/** Another answer for every path. */
const byPath =
  (answers: Readonly<Record<string, string>>): Script =>
  (socket, received) => {
    if (!received.includes("\r\n\r\n")) return;
    socket.write(answers[received.split(" ")[1]!] ?? "HTTP/1.1 500 No\r\n\r\n");
    socket.shutdown();
  };

const sequences: readonly Case[] = [
  http(
    ["connect", "send meth GET uri /a", "expect status 200", "connect", "send uri /b", "expect status 200"],
    each(ok),
    1,
  ),
  http(["connect", "send meth GET uri /a", "connect_"], each(ok), 1),
  http(
    [
      "connect",
      "send meth GET uri /a",
      "expect status 200",
      "connect linger",
      "send uri /b comment two",
      "expect status 204",
    ],
    byPath({ "/a": ok, "/b": "HTTP/1.1 201 Made\r\n\r\n" }),
    2,
  ),
  http(["connect", "send uri /a", "expect status 200", "connect", "send uri /b"], byPath({ "/a": ok }), 2),
  http(["connect", "send uri /a", "expect status 200", "connect"], each(ok), 1),
  http(["connect", "send uri /a", "set-var(check.a) int(1)"], each(ok), 1),
  http(["connect port {port}", "send uri /a"], each(ok), 1, "check inter 250ms port 1"),
  http(
    ["set-var(check.p) int({port})", "connect port var(check.p)", "send uri /a"],
    each(ok),
    1,
    "check inter 250ms port 1",
  ),
  http(["connect addr 127.0.0.1:{port}", "send uri /a"], each(ok), 1, "check inter 250ms"),
  http(["connect send-proxy", "send uri /a"], each(ok), 1),
  http(["connect", "send uri /a"], each(ok), 1, "check inter 250ms send-proxy"),
  http(["connect default", "send uri /a"], each(ok), 1, "check inter 250ms send-proxy"),
  http(["set-var(check.a) str(x)", "send meth GET uri /a hdr X-A %[var(check.a)]"], each(ok), 1),
  http(
    [
      'set-var-fmt(check.a) "%[be_name] %[srv_name]"',
      "connect",
      'send uri-lf /%[be_name] hdr X-A %[var(check.a)] hdr none %[var(check.no)] ver HTTP/1.1 meth POST body-lf "a  %[srv_name]  b"',
    ],
    each(ok),
    1,
  ),
  http(
    ["connect", "set-var(check.a) str(x)", "unset-var(check.a)", "send uri /a hdr X-A a%[var(check.a)]b hdr y 100%%"],
    each(ok),
    1,
  ),
  http(
    [
      "connect",
      "set-var(check.a) str(x)",
      "set-var(check.a,ifnotexists) str(y)",
      "send uri /a hdr X-A a%[var(check.a)]b",
    ],
    each(ok),
    1,
  ),
  http(['expect status 200 on-success "fine %[res.hdr(x-a)] %[status]"'], each(ok), 1),
  http(['expect status 201 on-error "bad %[res.hdr(x-a)] %[status]" comment foo'], each(ok), 2),
  http(["expect status 201 status-code res.hdr(x-b)"], each("HTTP/1.1 200 OK\r\nX-B: 77\r\n\r\n"), 2),
  http(["expect status 200 status-code res.hdr(x-b)"], each("HTTP/1.1 200 OK\r\nX-B: 77\r\n\r\n"), 1),
  http(["expect status 200 status-code int(5)"], each(ok), 1),
  http(["comment one", "send uri /a", "comment two", "expect status 201", "expect status 202"], each(ok), 2),
  http(["comment one", "comment two", "expect status 200", "expect status 202"], each(ok), 2),
  http(["comment two", "expect status 200", "set-var(check.a) int(1)", "expect status 202"], each(ok), 2),
  http(["send uri /a", "comment implicit"], each("HTTP/1.1 500 No\r\n\r\n"), 2),
  http(["expect string-lf %[str(h)]i"], each(ok), 1),
  http(["expect string-lf %[str(h)]o"], each(ok), 2),
  http(["expect string-lf %[var(check.no)]"], each(ok), 2),
  http(["expect ! string-lf %[str(h)]i"], each(ok), 2),
  http(["expect hdr name-lf x-%[str(a)] value-lf %[str(b)]"], each(ok), 1),
  http(["expect hdr name-lf x-%[str(a)] value-lf %[var(check.no)]"], each(ok), 2),
  http(["expect hdr name-lf %[var(check.no)]"], each(ok), 2),
  http(["expect fhdr name-lf -m beg x%[str()] value-lf -m end %[str(c)]"], each(ok), 2),
  http(["expect status 200", "set-var(check.a) res.hdr(x-a)", "connect_"], each(ok), 1),
  http(
    [
      "connect",
      "send uri /a",
      "expect status 200",
      "set-var(check.a) res.hdr(x-a)",
      "connect",
      "send uri-lf /%[var(check.a)]",
      "expect status 200",
    ],
    byPath({ "/a": ok, "/b": ok }),
    1,
  ),
  http(
    ["connect", "send uri /a", "expect status 200", "expect string ho tout-status L6TOUT"],
    each(ok.replace("2", "9")),
    2,
  ),
  http(["comment x", "expect status 200"], each("garbage\r\n\r\n"), 2),
  http(["comment x", "expect status 200"], answer("", true), 2),
  http(["comment x", "expect status 200"], answer("", false), 2),
  http(["comment x", "disable-on-404"], each("HTTP/1.1 404 No\r\n\r\n"), 2),
  http(["comment x", "send-state"], each(ok), 1),
  { ...http(["connect", "send uri /a"], each(ok), 2), name: "refused", before: (s1: FakeServer) => s1.refuse() },
].filter((c) => !c.name.includes("_"));

const tcp = (rules: readonly string[], script: Script | null, lines: number, more: Partial<Case> = {}): Case => ({
  name: `tcp: ${rules.join(" · ")}`,
  backend: one(
    ["option tcp-check", checked, ...rules.map((rule) => `tcp-check ${rule}`)].join("\n "),
    "check inter 250ms fall 2",
  ),
  script,
  lines,
  connections: lines === 1 ? Math.max(1, rules.filter((rule) => rule.startsWith("connect")).length) : 2,
  ...more,
});

/** Says the text once something came. */
const say =
  (text: string, close = false): Script =>
  (socket) => {
    socket.write(Buffer.from(text, "latin1"));
    if (close) socket.shutdown();
  };
const later =
  (first: string, second: string): Script =>
  (socket) => {
    socket.write(first);
    setTimeout(() => socket.write(second), 40);
  };
const refuse = { before: (s1: FakeServer) => s1.refuse() };
const hold = { defaults: "timeout check 100ms" };

const exchanges: readonly Case[] = [
  ...[
    "%ci|%cp",
    "%b|%s|%f",
    "%ft|%fi|%bi",
    "%si|%sp",
    "%HM|%HU|%r",
    "%ST|%B|%ts",
    "%rt|%sc",
    "%U|%Tt|%Tr",
    "%[src]|%[dst]",
    "%[bc_dst]|%[bc_dst_port]",
    "%[dst_port]|%[src_port]",
    "%[var(sess.x)]|%[var(txn.x)]|%[var(check.x,dflt)]",
    "%[res.len]|%[res.payload(0,0)]",
  ].map((format) => tcp(["connect", `send-lf "q ${format}"`], null, 1)),
  tcp([], null, 1, { connections: 0 }),
  tcp([], null, 2, { ...refuse, name: "tcp: refused" }),
  tcp(["connect"], null, 1, { connections: 0 }),
  tcp(["connect"], null, 2, { ...refuse, name: "tcp: connect, refused" }),
  tcp(["connect port {port} comment mine"], null, 2, { ...refuse, name: "tcp: connect port, refused" }),
  tcp(["comment first", "connect"], null, 2, { ...refuse, name: "tcp: comment, connect, refused" }),
  tcp(["send x"], null, 2, { ...refuse, name: "tcp: send, refused" }),
  tcp(["send PING\\r\\n"], null, 1),
  tcp(["connect", "send-binary 50494e470d0a comment bytes"], null, 1),
  tcp(['send-lf "a  %[srv_name] %[var(check.no)]  b"'], null, 1),
  tcp(["set-var(check.a) str(x)", "connect", "send-lf a%[var(check.a)]b%%"], null, 1),
  tcp(["send-binary-lf 61%[str(bc),hex]"], null, 1),
  tcp(["connect", "send-binary-lf zz comment foo"], null, 2, { connections: 0 }),
  tcp(["send PING", "expect string +PONG"], say("+PONG\r\n"), 1),
  tcp(["send PING", "expect string +PONG"], say("-ERR\r\n", true), 2),
  tcp(["send PING", "expect string +PONG"], say("-ERR\r\n"), 2),
  tcp(["send PING", "expect string +PONG"], say("-ERR\r\n"), 2, { ...hold, name: "tcp: timeout check" }),
  tcp(["connect", "send PING", "expect min-recv 2 string +PONG comment foo"], say("-ERR\r\n"), 2),
  tcp(["connect", "comment foo", "send PING", "expect binary 2b50"], say("-ERR", true), 2),
  tcp(["connect", "send PING", "comment foo", "expect binary 2b50"], say("-ERR", true), 2),
  tcp(["connect", "send PING", "expect binary 2b50"], say("+PONG"), 1),
  tcp(["connect", "send PING", "expect rstring ^.PO"], say("+PONG"), 1),
  tcp(["connect", "send PING", "expect rstring ^.Pa"], say("+PONG", true), 2),
  tcp(["connect", "send PING", "expect rbinary ^2B50"], say("+PONG"), 1),
  tcp(["connect", "send PING", "expect rbinary ^2B51"], say("+PONG", true), 2),
  tcp(["connect", "send PING", "expect rbinary ^2B51"], say("+PONG"), 2, { ...hold, name: "tcp: rbinary, timeout" }),
  tcp(["connect", "send PING", "expect binary 2b51"], say("+PONG"), 2, { ...hold, name: "tcp: binary, timeout" }),
  tcp(["connect", "send PING", "expect string-lf %[str(a)]"], say("+PONG"), 2, {
    ...hold,
    name: "tcp: string-lf, timeout",
  }),
  tcp(["connect", "send PING", "expect ! string PON"], say("+PONG"), 2),
  tcp(["connect", "send PING", "expect ! string PAN"], say("+PONG"), 2),
  tcp(["connect", "send PING", "expect min-recv 1 ! string PAN"], say("+PONG"), 1),
  tcp(["send PING", "expect string-lf %[str(PO)]NG"], say("+PONG"), 1),
  tcp(["send PING", "expect string-lf %[str(PO)]NX"], say("+PONG", true), 2),
  tcp(["send PING", "expect string-lf %[var(check.no)]"], say("+PONG", true), 2),
  tcp(["send PING", "expect binary-lf %[str(PO),hex]"], say("+PONG"), 1),
  tcp(["send PING", "expect binary-lf zz"], say("+PONG"), 2),
  tcp(["send PING", "expect binary-lf %[str(PA),hex]"], say("+PONG", true), 2),
  tcp(
    ["connect", "send a", "expect string 1", "send b", "expect string 2"],
    (socket, got) => void socket.write(got === "a" ? "1" : "2"),
    1,
  ),
  tcp(["connect", "send a", "expect string 1", "expect string 2"], say("1"), 2, {
    ...hold,
    name: "tcp: second of two, timeout",
  }),
  tcp(
    ["connect", "send a", "expect string 1", "connect", "send b", "expect string 2"],
    (socket, got) => void socket.write(got === "a" ? "1" : "2"),
    1,
  ),
  tcp(
    ["connect", "send a", "expect string 1", "connect", "send b", "expect string 2"],
    (socket, got) => void socket.end(got === "a" ? "1" : "3"),
    2,
  ),
  tcp(
    ["send a", 'expect string 1 on-error "oh %[res.payload(0,2)]" error-status L7STS comment foo'],
    say("xyz", true),
    2,
  ),
  tcp(["send a", 'expect string xyz on-success "ah %[res.payload(0,2)]" ok-status L7OKC'], say("xyz"), 2),
  tcp(["send a", "expect string xyz ok-status L6OK"], say("xyz"), 1),
  tcp(["send a", "expect string xyz status-code res.payload(3,2)"], say("xyz77"), 1),
  tcp(["send a", "expect string abc error-status L7STS status-code res.payload(3,2)"], say("xyz77", true), 2),
  tcp(["send a", "expect ! string foo", "expect string bar"], later("x", "foobar"), 2, { name: "tcp: asked again" }),
  tcp(["send a", "expect binary 2b5100200a5cff3d277f22", "expect string bar"], later("x", "foobar"), 2, hold),
  tcp(["send a", "set-var(check.x) int(1)"], null, 1),
  tcp(["expect string a"], (socket) => void socket.end(), 2, { before: undefined as never, name: "tcp: nothing sent" }),
  tcp(["send a", "expect string a"], (socket) => void socket.end(), 2),
  tcp(["send a", "expect string a comment foo error-status L4CON"], (socket) => void socket.end(), 2),
  tcp(["send a", "expect string a"], (socket) => void socket.terminate(), 2),
  tcp(["connect", "send a", "expect string a comment foo"], (socket) => void socket.terminate(), 2),
  tcp(["send a", "expect string a tout-status L4TOUT comment foo"], null, 2, { name: "tcp: nothing answered" }),
  tcp(["connect send-proxy", "send a"], null, 1),
  tcp(["connect linger", "send a"], null, 1),
].filter((c) => c.name !== "tcp: nothing sent");

/** Answers in turn; "" = closes. */
const turns =
  (...answers: readonly string[]): Script =>
  (socket, received) => {
    const turn = answers[received.split("\r\n").length - 2];
    if (turn === undefined) return;
    if (turn === "") socket.shutdown();
    else socket.write(Buffer.from(turn, "latin1"));
  };

const option = (text: string, script: Script | null, lines: number, more: Partial<Case> = {}): Case => ({
  name: `option ${text}`,
  backend: one(`option ${text}\n ${checked}\n timeout check 100ms`, "check inter 250ms fall 2"),
  script,
  lines,
  connections: 1,
  ...more,
});

const bytes = (hex: string, text: string): Script => say(Buffer.from(hex, "hex").toString("latin1") + text);
const welcome = { greeting: "220 hi\r\n" };

/** Packets of MySQL: an error, and a greeting. */
const blocked = "\x17\0\0\0\xff\x69\x04Host is blocked now!";
const version = `\x28\0\0\0\x0a5.7.1\0${"a".repeat(33)}`;

const protocols: readonly Case[] = [
  option("redis-check", say("+PONG\r\n"), 1),
  option("redis-check", say("-ERR x\r\n"), 2),
  option("redis-check", say("-ERR x\r\n", true), 2),
  option("redis-check", (socket) => void socket.shutdown(), 2),
  option("redis-check", null, 2, refuse),
  option("ssl-hello-chk", bytes("1603010005", "hello"), 1),
  option("ssl-hello-chk", bytes("15030000020228", ""), 1),
  option("ssl-hello-chk", say("XXXX"), 2),
  option("ssl-hello-chk", say("XXXXX"), 2),
  option("ssl-hello-chk", say("X", true), 2),
  option("ssl-hello-chk", (socket) => void socket.shutdown(), 2),
  ...["0800000000", "0800000001", "0800000007", "080000000a", "ff00000003", "0800"].map((hex) =>
    option("pgsql-check user bob", bytes(`52000000${hex}`, ""), hex === "0800000001" || hex === "0800" ? 2 : 1),
  ),
  option("pgsql-check user bob", say("EXXXXFATAL no\0"), 2),
  option("pgsql-check user bob", say("E", true), 2),
  option("pgsql-check user bob", say("X", true), 2),
  option("pgsql-check user bob", say("XXXXXX"), 2),
  option("pgsql-check user bob", (socket) => void socket.shutdown(), 2),
  ...[
    "300c02010161070a010004000400",
    "300c02010161070a013104000400",
    "300c02010162070a010004000400",
    "300c02010261070a010004000400",
    "30840000000c02010161070a010004000400",
  ].map((hex, i) => option("ldap-check", bytes(hex, ""), i === 0 || i === 4 ? 1 : 2)),
  option("ldap-check", say("X0000000000000000"), 2),
  option("ldap-check", say("0\x03abc", true), 2),
  option("ldap-check", say("0\x0c\x02\x01", true), 2),
  option("ldap-check", (socket) => void socket.shutdown(), 2),
  ...["", "user bob", "user bob pre-41"].flatMap((user) => [
    option(`mysql-check ${user}`, null, 2, { greeting: blocked }),
    option(`mysql-check ${user}`, null, 2, { greeting: "abc" }),
    option(`mysql-check ${user}`, null, 2, { greeting: "\x05\0\0\0\x0aab" }),
    option(`mysql-check ${user}`, null, 2, { greeting: "\x03\0\0\0\xff\x69\x04" }),
  ]),
  option("mysql-check", null, 1, { greeting: version }),
  option("mysql-check user bob", say("\x07\0\0\x02\0\0\0\x02\0\0\0"), 1, { greeting: version }),
  option("mysql-check user bob post-41", say("\x05\0\0\x02\x03abcd"), 1, { greeting: version }),
  option("mysql-check user bob", say("\x16\0\0\x02\xff\x15\x04#28000Access denied"), 2, { greeting: version }),
  option("mysql-check user bob", say("\x02\0\0\x02\xff\x01"), 2, { greeting: version }),
  option("mysql-check user bob pre-41", say("\x07\0\0\x02\0\0\0\x02\0\0\0"), 1, { greeting: version }),
  option("mysql-check user bob", (socket) => void socket.shutdown(), 2, { greeting: version }),
  option("mysql-check user bob", say("ab"), 2, { greeting: version }),
  option("smtpchk", turns("250 ok\r\n", "221 bye\r\n"), 1, welcome),
  option("smtpchk", turns("250-a\r\n250 ok\r\n", "221 bye\r\n"), 1, welcome),
  option("smtpchk", turns("250 ok\r\n", "599 bye\r\n"), 2, welcome),
  option("smtpchk", turns("250 ok\r\n", "xyz\r\n"), 2, welcome),
  option("smtpchk", turns("250 ok\r\n", "2x\r\n"), 2, welcome),
  option("smtpchk", turns("250 ok\r\n", ""), 2, welcome),
  option("smtpchk", turns(""), 2, welcome),
  option("smtpchk", turns("550 nope\r\n"), 2, welcome),
  option("smtpchk", null, 2, { greeting: "554 no\r\n" }),
  option("smtpchk", null, 2, { greeting: "220-hi\r\n220 x\r\n" }),
  option("smtpchk", null, 2, { greeting: "xyz\r\n" }),
  option("smtpchk", null, 2, { greeting: "22" }),
  option("smtpchk EHLO me.test", turns("250 ok\r\n", "221 bye\r\n"), 1, welcome),
  option("smtpchk ZORK me.test", turns("250 ok\r\n", "221 bye\r\n"), 1, welcome),
  option("smtpchk HELO", turns("250\r\n", "221\r\n"), 1, { greeting: "220\r\n" }),
];

const { cert, key } = await issue({ subject: "CN=check.test", names: ["check.test"] });
const secured = (c: Case, server: string): Case => ({
  ...c,
  name: `tls: ${c.name} ${server}`,
  backend: c.backend.replace(/ check inter.*$/, ` check inter 250ms fall 2 verify none ${server}`),
  tls: { cert, key },
});

const encrypted: readonly Case[] = [
  secured(tcp(["connect ssl"], null, 1, { connections: 0 }), ""),
  secured(tcp(["connect ssl sni check.test", "send a", "expect string b"], say("b"), 1), ""),
  secured(tcp(["connect ssl alpn foo", "send a", "expect string c comment x"], say("b", true), 2), ""),
  secured(tcp(["connect default", "send a", "expect string b"], say("b"), 1), "check-ssl"),
  secured(tcp(["connect default ssl", "send a", "expect string b"], say("b"), 1), ""),
  secured(http(["connect ssl", "send uri /a"], each(ok), 1), ""),
  secured(http(["connect default", "send uri /a"], each(ok), 1), "check-ssl"),
  { ...tcp(["connect ssl", "send a", "expect string b"], null, 2), name: "tls: refused", ...refuse },
].map((c) => (c.name === "tls: refused" ? { ...c, backend: c.backend.replace("fall 2", "fall 2 verify none") } : c));

describe.skipIf(haproxy === null)("scripts beside HAProxy", () => {
  const cases: readonly Case[] = [...sequences, ...exchanges, ...encrypted, ...protocols];
  test.each(cases.map((c) => [c.name, c] as const))("%s", async (_, c) => {
    const [theirs, ours] = await Promise.all([withHaproxy(c), withOurs(rows, c)]);
    expect(ours).toEqual(theirs);
  });
});

test("lines above the rules do not make another check of them", async () => {
  using s1 = fakeServer();
  const text = `defaults\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nbackend be\n option tcp-check\n tcp-check send-lf %[srv_name]\n tcp-check expect string x\n server s1 127.0.0.1:${s1.port} check inter 5s\n`;
  using bench = checkBench(rows, text);
  await until(() => s1.received[0] === "s1");
  bench.reload(`\n${text}`);
  await Bun.sleep(20);
  // The check under way goes on.
  expect(s1.received).toEqual(["s1"]);
  bench.reload(text.replace("string x", "string y"));
  await until(() => s1.received.length === 2);
});
