/** PROXY headers: taken from clients, sent to servers, both in a row. */
import { writeBinary } from "../../../src/codec/proxy-protocol/write.ts";
import type { ServerScript } from "../../harness/server.ts";
import { get, http, type Lines, silence, tcp } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
const CLOSE: Scenario["compare"] = { clientClose: "closed" };

/** Sends back what it gets, byte by byte in hexadecimal: nothing is masked or lost that way. */
const mirror: ServerScript = async (peer) => {
  while (true) peer.send(`${Buffer.from(await peer.until("\n", 60_000), "latin1").toString("hex")}\n`);
};

const answers: ServerScript = async (peer) => {
  while (true) {
    const request = await peer.request(60_000);
    peer.send(`HTTP/1.1 200 OK\r\ncontent-length: ${request.length}\r\n\r\n${request}`);
  }
};

function u16(value: number): string {
  return String.fromCharCode(value >> 8, value & 255);
}
function v2(command: number, family: number, body: string): string {
  return `${SIGNATURE}${String.fromCharCode(command, family)}${u16(body.length)}${body}`;
}
function tlv(type: number, value: string): string {
  return `${String.fromCharCode(type)}${u16(value.length)}${value}`;
}
const V4 = "\xc0\x00\x02\x01\xc0\x00\x02\x02\x04\xd2\x00\x50";
/** What is refused behind the addresses: HAProxy logs those of the header then, tlb those of the connection, as the manual says. */
const OWN = "\x7f\x00\x00\x01\x7f\x00\x00\x01\xc0\xd2\x00\x50";
const V6 = `\x20\x01\x0d\xb8${"\0".repeat(11)}\x01\x20\x01\x0d\xb8${"\0".repeat(11)}\x02\x04\xd2\x00\x50`;

function sends(...pieces: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.knock();
    await client.drip(pieces, 40);
    await silence(client, 200);
  };
}

/** Frontends whose connections begin with a header. */
function accepting(lines: Lines, args = "accept-proxy"): string {
  return tcp(lines).replace("bind 127.0.0.1:{fe}", `bind 127.0.0.1:{fe} ${args}`);
}

const FACTS =
  'log-format "%ci:%cp|%[src]|%[src_port]|%[dst]|%[dst_port]|%[fc_src]|%[fc_dst]|%[fc_rcvd_proxy]|%[fc_pp_authority]|%[fc_pp_unique_id]|%ts"';

function takes(name: string, header: string, more: Partial<Scenario> = {}): Scenario {
  return {
    name: `proxy header: ${name}`,
    config: accepting({ frontend: FACTS }),
    servers: { s1: mirror },
    async client(talk) {
      const client = await talk.knock();
      client.send(`${header}hello\n`);
      await silence(client, 200);
      client.close();
      await talk.logged(1);
    },
    ...more,
  };
}

/** The connection ends before there is a session; the log tells why. */
function refuses(name: string, pieces: readonly string[], more: Partial<Scenario> = {}): Scenario {
  return {
    name: `proxy header refused: ${name}`,
    config: accepting({ frontend: "timeout client 400ms" }),
    servers: { s1: mirror },
    async client(talk) {
      const client = await talk.knock();
      await client.drip([...pieces], 40);
      await client.closed();
      await talk.logged(1);
    },
    ...more,
  };
}

const taken: readonly Scenario[] = [
  takes("TCP4", "PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n"),
  takes("TCP6", "PROXY TCP6 2001:db8::1 2001:db8::2 1234 80\r\n"),
  takes("UNKNOWN", "PROXY UNKNOWN\r\n", {
    compare: { logBytes: false },
    config: accepting({ frontend: 'log-format "%[src]|%[dst]|%[fc_rcvd_proxy]|%ts"' }),
  }),
  takes("version 2, IPv4", v2(0x21, 0x11, V4)),
  takes("version 2, IPv6", v2(0x21, 0x21, V6)),
  takes("version 2, LOCAL", v2(0x20, 0, ""), {
    config: accepting({ frontend: 'log-format "%[src]|%[dst]|%[fc_rcvd_proxy]|%ts"' }),
  }),
  takes("version 2, LOCAL with bytes", v2(0x20, 0, "abc"), {
    config: accepting({ frontend: 'log-format "%[src]|%[fc_rcvd_proxy]|%ts"' }),
  }),
  takes("version 2, authority and unique id", v2(0x21, 0x11, V4 + tlv(2, "example.test") + tlv(5, "id-1"))),
  takes("version 2, unknown TLVs", v2(0x21, 0x11, V4 + tlv(4, "\0\0\0") + tlv(0xe7, "x") + tlv(1, "h2"))),
  takes(
    "version 2, right checksum",
    writeBinary(
      { bytes: Uint8Array.of(192, 0, 2, 1), port: 1 },
      { bytes: Uint8Array.of(192, 0, 2, 2), port: 2 },
      [],
      true,
    ).toString("latin1"),
  ),
  takes("UNKNOWN and addresses", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", { config: accepting({}) }),
  takes("version 2, UNSPEC", v2(0x21, 0x00, ""), { config: accepting({}) }),
  takes("version 2, UNIX", v2(0x21, 0x31, "\0".repeat(216)), { config: accepting({}) }),
  takes("in pieces", "", {
    config: accepting({}),
    client: sends("PROXY TCP4 192.0", ".2.1 192.0.2.2 12345 80\r", "\nhello\n"),
  }),
  {
    name: "proxy header: mode http, forwardfor and httplog",
    config: http({ frontend: "option forwardfor\noption originalto", servers: { s1: "" } }).replace(
      "bind 127.0.0.1:{fe}",
      "bind 127.0.0.1:{fe} accept-proxy",
    ),
    servers: { s1: answers },
    async client(talk) {
      const client = await talk.connect();
      client.send(`PROXY TCP4 192.0.2.1 192.0.2.2 12345 80\r\n${get("/a")}`);
      await client.response();
      client.send(get("/b"));
      await client.response();
      client.close();
      await talk.logged(2);
    },
  },
  {
    name: "proxy header: rules see its addresses, connection rules do not",
    config: accepting({
      frontend: `tcp-request connection reject if { src 192.0.2.1 }
        tcp-request session reject if { src 192.0.2.7 }
        tcp-request content reject if !{ src 192.0.2.1 }`,
    }),
    servers: { s1: mirror },
    async client(talk) {
      for (const ip of ["192.0.2.1", "192.0.2.7", "192.0.2.8"]) {
        const client = await talk.knock();
        client.send(`PROXY TCP4 ${ip} 192.0.2.2 12345 80\r\nhi\n`);
        await silence(client, 150);
        client.close();
        await talk.sleep(20);
      }
    },
    compare: CLOSE,
  },
  {
    name: "proxy header: balance source",
    config: accepting({ backend: "balance source", servers: { s1: "", s2: "", s3: "" } }),
    servers: { s1: mirror, s2: mirror, s3: mirror },
    async client(talk) {
      for (let i = 1; i < 7; i++) {
        const client = await talk.connect();
        client.send(`PROXY TCP4 192.0.2.${i} 192.0.2.2 12345 80\r\nhi\n`);
        await client.until("\n");
        client.close();
        await talk.sleep(30);
      }
    },
  },
  {
    name: "proxy header: expect-proxy by source",
    config: tcp({ frontend: `tcp-request connection expect-proxy layer4 if { src 127.0.0.9 }\n${FACTS}` }),
    servers: { s1: mirror },
    async client(talk) {
      const behind = await talk.connect("fe", { from: "127.0.0.9" });
      behind.send("PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\nhi\n");
      await silence(behind, 150);
      behind.close();
      await talk.logged(1);
    },
  },
  {
    name: "proxy header: without expect-proxy it is data",
    config: tcp({ frontend: "tcp-request connection expect-proxy layer4 if { src 127.0.0.9 }" }),
    servers: { s1: mirror },
    client: sends("PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n"),
  },
];

const refused: readonly Scenario[] = [
  refuses("something else", ["GET / HTTP/1.1\r\n\r\n"]),
  refuses("something else, shorter than any header", ["GET / HTTP/1.1\n"]),
  refuses("something else, as long as the shortest header", ["GET / HTTP/1.1\r\n"]),
  refuses("something else, one byte", ["x"]),
  refuses("a word like it", ["PROXYx"]),
  refuses("a line that does not end", [`PROXY TCP4 192.0.2.1 192.0.2.2 1 2${" ".repeat(100)}`]),
  refuses("UNKNOWN that does not end", [`PROXY UNKNOWN${"x".repeat(110)}`]),
  refuses("version 2, more than a buffer", [v2(0x21, 0x11, V4 + tlv(4, "x".repeat(30_000)))]),
  refuses("another family", ["PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n"]),
  refuses("no port", ["PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"]),
  refuses("words between", ["PROXY TCP4 192.0.2.1 192.0.2.2 x 1 2\r\n"]),
  refuses("another address", ["PROXY TCP6 2001:db8::g 2001:db8::2 1 2\r\n"]),
  refuses("nothing but time", [""], {}),
  refuses("half of it, then time", ["PROXY TCP4 192.0"]),
  refuses("version 2, another version", [v2(0x11, 0x11, V4)]),
  refuses("version 2, another command", [v2(0x22, 0x11, V4)]),
  refuses("version 2, addresses cut", [v2(0x21, 0x11, V4.slice(1))]),
  refuses("version 2, datagrams", [v2(0x21, 0x12, V4)]),
  refuses("version 2, TLV beyond the end", [v2(0x21, 0x11, `${OWN}\x02\x00\x09abc`)]),
  refuses("version 2, authority too long", [v2(0x21, 0x11, OWN + tlv(2, "x".repeat(256)))]),
  refuses("version 2, wrong checksum", [v2(0x21, 0x11, `${OWN}\x03\x00\x04\x01\x02\x03\x04`)]),
  {
    name: "proxy header refused: the client leaves without a byte",
    config: accepting({}),
    servers: { s1: mirror },
    async client(talk) {
      const client = await talk.connect();
      client.close();
      await talk.logged(1);
    },
  },
  {
    name: "proxy header refused: the client leaves without a byte, dontlognull",
    config: accepting({ frontend: "option dontlognull" }),
    servers: { s1: mirror },
    async client(talk) {
      const client = await talk.connect();
      client.close();
      await talk.sleep(100);
    },
  },
  {
    name: "proxy header refused: as an error, by a named listener",
    config: accepting({ frontend: "option log-separate-errors" }, "accept-proxy name first"),
    servers: { s1: mirror },
    async client(talk) {
      const client = await talk.connect();
      client.send("hello, this is nobody\n");
      await client.closed();
      await talk.logged(1);
    },
  },
];

const IP = `\x45\x00\x00\x28\0\0\0\0\x40\x06\0\0\xc0\x00\x02\x01\xc0\x00\x02\x02`;
const TCP = `\x04\xd2\x00\x50${"\0".repeat(16)}`;

function netscaler(name: string, bytes: string): Scenario {
  return {
    name: `netscaler header: ${name}`,
    config: accepting(
      { frontend: FACTS.replace("%[fc_rcvd_proxy]|%[fc_pp_authority]|%[fc_pp_unique_id]|", "") },
      "accept-netscaler-cip 7",
    ),
    servers: { s1: mirror },
    async client(talk) {
      const client = await talk.knock();
      client.send(`${bytes}hello\n`);
      await silence(client, 200);
      client.close();
      await talk.logged(1);
    },
    compare: CLOSE,
  };
}

const cip: readonly Scenario[] = [
  netscaler("old form", `\0\0\0\x07\0\0\0\x28${IP}${TCP}`),
  netscaler("new form", `\0\0\0\x07\0\0\0\x34\0\0\0\x28${IP}${TCP}`),
  netscaler("another number", `\0\0\0\x08\0\0\0\x28${IP}${TCP}`),
  netscaler("shorter than any", "GET / HTTP/1.1\r\n"),
  netscaler("not TCP", `\0\0\0\x07\0\0\0\x28${IP.replace("\x40\x06", "\x40\x11")}${TCP}`),
  {
    name: "netscaler header: asked for by a rule",
    config: accepting(
      { frontend: "tcp-request connection expect-netscaler-cip layer4 if { src 127.0.0.1 }" },
      "accept-netscaler-cip 7",
    ),
    servers: { s1: mirror },
    client: sends(`\0\0\0\x07\0\0\0\x28${IP}${TCP}hello\n`),
  },
];

/** What a server gets before the first byte. */
function gives(name: string, args: string, more: Partial<Scenario> = {}, frontend = ""): Scenario {
  return {
    name: `proxy header sent: ${name}`,
    config: accepting({ frontend, servers: { s1: args } }),
    servers: { s1: mirror },
    async client(talk) {
      const client = await talk.connect();
      client.send("PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\nhello\n");
      await silence(client, 200);
      client.close();
      await talk.logged(1);
    },
    ...more,
  };
}

async function with6(talk: Talk): Promise<void> {
  const client = await talk.connect();
  client.send("PROXY TCP6 2001:db8::1 2001:db8::2 1234 80\r\nhello\n");
  await silence(client, 200);
}

const given: readonly Scenario[] = [
  gives("version 1", "send-proxy"),
  gives("version 1, IPv6", "send-proxy", { client: with6 }),
  gives("version 2", "send-proxy-v2"),
  gives("version 2, IPv6", "send-proxy-v2", { client: with6 }),
  gives("version 2, checksum", "send-proxy-v2 proxy-v2-options crc32c"),
  gives("version 2, TLS facts of a plain client", "send-proxy-v2-ssl"),
  gives("version 2, TLS facts and name of a plain client", "send-proxy-v2-ssl-cn"),
  gives("version 2, unique id", "send-proxy-v2 proxy-v2-options unique-id", {}, "unique-id-format x%[src]y"),
  gives("version 2, unique id without a format", "send-proxy-v2 proxy-v2-options unique-id"),
  gives("version 2, all options", "send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,crc32c,unique-id,authority"),
  gives("version 2 wins", "send-proxy send-proxy-v2"),
  gives("version 1 after no-send-proxy-v2", "send-proxy no-send-proxy-v2"),
  gives(
    "set-src and set-dst",
    "send-proxy",
    {},
    "tcp-request content set-src ipv4(192.0.2.99)\ntcp-request content set-dst-port int(99)",
  ),
  gives("version 1, mixed families", "send-proxy", {}, "tcp-request content set-src str(2001:db8::9)"),
  gives("version 2, mixed families", "send-proxy-v2", {}, "tcp-request content set-src str(2001:db8::9)"),
  gives("authority is passed on", "send-proxy-v2 proxy-v2-options authority", {
    async client(talk) {
      const client = await talk.connect();
      client.send(`${v2(0x21, 0x11, V4 + tlv(2, "example.test"))}hello\n`);
      await silence(client, 200);
    },
  }),
  gives("the server talks first", "send-proxy", {
    servers: {
      s1: async (peer) => {
        const header = await peer.until("\n");
        peer.send(`220 ${header}`);
      },
    },
    async client(talk) {
      const client = await talk.connect();
      client.send("PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n");
      await client.until("\n");
    },
  }),
  ...["never", "safe", "always"].map((mode): Scenario => ({
    name: `proxy header sent: http-reuse ${mode}`,
    config: http({ backend: `http-reuse ${mode}`, servers: { s1: "send-proxy" } }).replace(
      "bind 127.0.0.1:{fe}",
      "bind 127.0.0.1:{fe} accept-proxy",
    ),
    servers: {
      s1: async (peer) => {
        await peer.until("\n", 60_000);
        await answers(peer, 0);
      },
    },
    async client(talk) {
      for (const ip of ["192.0.2.1", "192.0.2.1", "192.0.2.2"]) {
        const client = await talk.connect();
        client.send(`PROXY TCP4 ${ip} 192.0.2.9 12345 80\r\n${get("/a")}`);
        await client.response();
        client.send(get("/b"));
        await client.response();
        client.close();
        await talk.sleep(50);
      }
    },
  })),
  {
    name: "proxy header sent: a retry sends it again",
    config: accepting({ backend: "option redispatch 1\nretries 2", servers: { s1: "send-proxy", s2: "send-proxy" } }),
    servers: { s2: mirror },
    async client(talk) {
      for (let i = 0; i < 2; i++) {
        const client = await talk.connect();
        client.send("PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\nhello\n");
        await silence(client, 200);
        client.close();
        await talk.sleep(30);
      }
    },
    compare: { logServer: false },
  },
];

/** Tells the address a connection comes from. */
const whence: ServerScript = async (peer) => {
  await peer.until("\n", 60_000);
  peer.send(`${peer.socket!.remoteAddress}\n`);
};

function from(name: string, line: string, args = ""): Scenario {
  return {
    name: `source: ${name}`,
    config: tcp({ backend: line, servers: { s1: args } }),
    servers: { s1: whence },
    async client(talk) {
      for (const address of ["127.0.0.9", "127.0.0.8"]) {
        const client = await talk.connect("fe", { from: address });
        client.send("hi\n");
        await silence(client, 150);
        client.close();
        await talk.sleep(20);
      }
    },
  };
}

const sources: readonly Scenario[] = [
  from("an address", "source 127.0.0.77"),
  from("usesrc clientip", "source 0.0.0.0 usesrc clientip"),
  from("usesrc client", "source 0.0.0.0 usesrc client"),
  from("usesrc an address", "source 0.0.0.0 usesrc 127.0.0.78"),
  from("usesrc of the server", "", "source 0.0.0.0 usesrc clientip"),
  {
    name: "source: usesrc hdr_ip",
    config: http({ backend: "source 0.0.0.0 usesrc hdr_ip(x-from,-1)" }),
    servers: {
      s1: async (peer) => {
        await peer.request(60_000);
        const text = peer.socket!.remoteAddress;
        peer.send(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`);
        peer.close();
      },
    },
    async client(talk) {
      for (const value of ["127.0.0.71", "127.0.0.72, 127.0.0.73", "nonsense"]) {
        await talk.once(get("/", `X-From: ${value}`));
      }
    },
  },
  {
    name: "bind transparent",
    config: tcp().replace("bind 127.0.0.1:{fe}", "bind 127.0.0.1:{fe} transparent"),
    servers: { s1: mirror },
    client: sends("hi\n"),
  },
];

export const proxyProtocol: readonly Scenario[] = [...taken, ...refused, ...cip, ...given, ...sources];
