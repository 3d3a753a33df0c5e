/** Persistence in mode tcp. */
import type { Peer } from "../../../harness/peer.ts";
import { tcp } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { SERVERS, entries, STRING } from "./tools.ts";

/** A server of lines: what it got, with its name in front. */
const line =
  (name: string) =>
  async (peer: Peer): Promise<void> => {
    const text = await peer.until("\n");
    peer.send(`${name}:${text}`);
    peer.close();
  };

const lines = { s1: line("one"), s2: line("two"), s3: line("three") };

function raw(name: string, backend: string, sent: readonly string[]): Scenario {
  return {
    name: `stick: mode tcp, ${name}`,
    config: tcp({ backend, servers: SERVERS }),
    servers: lines,
    async client(talk) {
      for (const [i, text] of sent.entries()) {
        const peer = await talk.connect();
        peer.send(text);
        await peer.closed(3000);
        peer.close();
        await talk.logged(i + 1);
      }
      talk.note("table be", await entries(talk, "be"));
    },
  };
}

const INSPECT = "tcp-request inspect-delay 2s\ntcp-request content accept if { req.len gt 4 }";

export const tcpScenarios: readonly Scenario[] = [
  raw("on the source", "stick-table type ip size 10 expire 1m\nstick on src", ["a\n", "b\n", "c\n"]),
  raw("on bytes that were waited for", `${STRING}\n${INSPECT}\nstick on req.payload(0,2)`, [
    "abxx\n",
    "cdxx\n",
    "abyy\n",
    "cdyy\n",
  ]),
  raw(
    "on bytes of variable length",
    `stick-table type binary len 8 size 10 expire 1m\n${INSPECT}\nstick on req.payload_lv(0,1)`,
    ["\x03abcdef\n", "\x03xyzdef\n", "\x03abc123\n", "\x02abc123\n"],
  ),
  raw(
    "store what the server says",
    `${STRING}\ntcp-response inspect-delay 2s\ntcp-response content accept if { res.len gt 3 }\n${INSPECT}\nstick match req.payload(0,3)\nstick store-response res.payload(0,3)`,
    ["xxxxx\n", "twoxx\n", "onexx\n", "twoyy\n"],
  ),
  raw("store what the server says without waiting", `${STRING}\nstick store-response res.payload(0,3)`, [
    "xxxxx\n",
    "yyyyy\n",
  ]),
];

/** A TLS record with a ClientHello (1) or ServerHello (2) of this session. */
function hello(type: 1 | 2, session: string): string {
  const number = (value: number, bytes: number): string =>
    Array.from({ length: bytes }, (_, i) => String.fromCharCode((value >> (8 * (bytes - 1 - i))) & 255)).join("");
  const suites = type === 1 ? "\0\x02\xc0\x2f\x01\0" : "\xc0\x2f\0";
  const body = `\x03\x03${"r".repeat(32)}${number(session.length, 1)}${session}${suites}`;
  const message = `${number(type, 1)}${number(body.length, 3)}${body}`;
  return `\x16\x03\x01${number(message.length, 2)}${message}`;
}

/** The example of the manual: session ids are learned from both sides. */
export const tlsSessions: Scenario = {
  name: "stick: mode tcp, TLS session ids",
  config: tcp({
    backend: `
      stick-table type binary len 32 size 30k expire 30m
      acl clienthello req.ssl_hello_type 1
      acl serverhello res.ssl_hello_type 2
      tcp-request inspect-delay 2s
      tcp-request content accept if clienthello
      tcp-response inspect-delay 2s
      tcp-response content accept if serverhello
      stick on req.payload_lv(43,1) if clienthello
      stick store-response res.payload_lv(43,1) if serverhello`,
    servers: SERVERS,
  }),
  servers: Object.fromEntries(
    ["one", "two", "three"].map((name, i) => [
      `s${i + 1}`,
      async (peer: Peer): Promise<void> => {
        // What the client offers is taken; who offers nothing gets a new one.
        const offered = await peer.until(/\xc0\x2f\x01\0/);
        const length = offered.charCodeAt(43);
        peer.send(hello(2, length === 0 ? `from ${name}`.padEnd(32, ".") : offered.slice(44, 44 + length)));
        peer.send(name);
        peer.close();
      },
    ]),
  ),
  async client(talk) {
    const sessions = ["", "", "from two".padEnd(32, "."), "mine", "from one".padEnd(32, "."), "mine", "short"];
    for (const [i, session] of sessions.entries()) {
      const peer = await talk.connect();
      peer.send(hello(1, session));
      await peer.closed(3000);
      peer.close();
      await talk.logged(i + 1);
    }
    talk.note("table", await entries(talk));
  },
};

/** A connection request of X.224 in TPKT with this routing cookie. */
function remoteDesktop(user: string): string {
  const text = `Cookie: mstshash=${user}\r\n`;
  return `\x03\0\0${String.fromCharCode(text.length + 19)}${String.fromCharCode(text.length + 14)}\xe0\0\0\0\0\0${text}\x01\0\x08\0\0\0\0\0\n`;
}

export const desktops = raw(
  "users of remote desktops",
  `${STRING}\ntcp-request inspect-delay 2s\ntcp-request content accept if RDP_COOKIE\nstick on rdp_cookie(mstshash)`,
  ["anna", "bert", "anna", "carl", "bert"].map(remoteDesktop),
);

/** From the manual: who just fetched mail goes on where it was fetched. */
export const mail: Scenario = {
  name: "stick: mode tcp, a table of another service",
  config: `${tcp({ backend: "stick-table type ip size 200 expire 30m\nstick store-request src", servers: SERVERS })}
frontend other
    bind 127.0.0.1:{other}
    default_backend smtp
backend smtp
    stick match src table {@be}
    server s1 127.0.0.1:{s1}
    server s2 127.0.0.1:{s2}
    server s3 127.0.0.1:{s3}
`,
  servers: lines,
  async client(talk) {
    for (const [i, port] of ["other", "other", "fe", "fe", "other", "other", "fe", "other"].entries()) {
      const peer = await talk.connect(port);
      peer.send("hello\n");
      await peer.closed(3000);
      peer.close();
      await talk.logged(i + 1);
    }
    talk.note("table", await entries(talk));
  },
};
