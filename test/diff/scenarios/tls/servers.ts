/** Servers with TLS, and checks of them. */
import type { Issued } from "../../../../src/net/tls/certificates.helper.ts";
import { ok, respond, type ServerScript } from "../../../harness/server.ts";
import { get, http, tcp } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { server, wrong, files, tlsFront } from "./tools.ts";
import { bigBody } from "./traffic.ts";

/** A server with TLS, and what of it arrives. */
const toServer = (name: string, words: string, who: Issued, more: Partial<Scenario> = {}): Scenario => ({
  name: `tls to a server: ${name}`,
  config: http({
    defaults: "retries 0",
    servers: { s1: words },
    frontend:
      "http-response set-header X-Server %[ssl_bc]/%[ssl_bc_protocol]/%[ssl_s_s_dn]/%[ssl_bc_use_keysize]/%[ssl_s_chain_der,sha1,hex]/%[ssl_s_serial,hex]/%[ssl_s_notafter]",
  }),
  files,
  servers: { s1: respond(ok("secret")) },
  tls: { s1: { key: who.key, cert: who.cert, maxVersion: 0x303 } },
  async client(talk) {
    await talk.once(get("/1"));
    await talk.once("GET /2 HTTP/1.1\r\nHost: a.w.test\r\n\r\n");
    await talk.logged(2);
  },
  ...more,
});

const CA = "ca-file {file:ca.pem}";

export const toServers: readonly Scenario[] = [
  toServer("verify none", "ssl verify none", server),
  toServer("verified", `ssl verify required ${CA}`, server),
  toServer("verified by default", `ssl ${CA}`, server),
  toServer("not trusted", `ssl verify required ${CA}`, wrong),
  toServer("verifyhost right", `ssl verify required ${CA} verifyhost srv.test`, server),
  toServer("verifyhost wrong", `ssl verify required ${CA} verifyhost other.test`, server),
  toServer("sni of the request", `ssl verify required ${CA} sni req.hdr(host)`, server),
  toServer("a fixed sni", `ssl verify required ${CA} sni str(x.w.test)`, server),
  toServer("sni without verification", "ssl verify none sni req.hdr(host)", server),
  toServer("verifyhost before sni", `ssl verify required ${CA} sni req.hdr(host) verifyhost srv.test`, server),
  toServer("a version the server lacks", "ssl verify none ssl-min-ver TLSv1.3", server),
  toServer("client certificate", "ssl verify none crt {file:client.pem}", server),
  toServer("a server that is plain", "ssl verify none", server, { tls: {}, compare: { servers: false } }),
  toServer("a server that closes in the handshake", "ssl verify none", server, {
    tls: {},
    servers: { s1: (peer) => peer.close() },
  }),
  toServer("a server that is silent in the handshake", "ssl verify none", server, {
    tls: {},
    servers: { s1: (async (peer) => void (await peer.closed(6000))) satisfies ServerScript },
    config: http({ defaults: "retries 0\ntimeout connect 300ms", servers: { s1: "ssl verify none" } }),
    async client(talk) {
      await talk.once(get("/1"));
      await talk.logged(1);
    },
    compare: { servers: false },
  }),
  toServer("retries", "ssl verify none", server, {
    tls: {},
    config: http({ defaults: "retries 2\noption redispatch", servers: { s1: "ssl verify none" } }),
    servers: { s1: (peer) => peer.close() },
    async client(talk) {
      await talk.once(get("/1"), "fe");
      await talk.logged(1);
    },
    compare: { servers: false, timers: 2500 },
  }),
  {
    name: "tls to a server: mode tcp",
    config: tcp({ servers: { s1: `ssl verify required ${CA}` } }),
    files,
    servers: { s1: async (peer) => peer.send(`got ${await peer.until("\n")}`) },
    tls: { s1: { key: server.key, cert: server.cert } },
    async client(talk) {
      const peer = await talk.connect();
      peer.send("hello\n");
      await peer.until("got hello\n");
      peer.close();
      await talk.logged(1);
    },
    compare: { servers: false },
  },
  {
    name: "tls to a server: connections are pooled by SNI",
    config: http({ defaults: "http-reuse always", servers: { s1: "ssl verify none sni req.hdr(host)" } }),
    files,
    servers: {
      s1: async (peer, index) => {
        for (;;) {
          await peer.request(60_000);
          peer.send(ok(`connection ${index}`));
        }
      },
    },
    tls: { s1: { key: server.key, cert: server.cert } },
    async client(talk) {
      const peer = await talk.connect();
      for (const host of ["a.test", "b.test", "a.test", "b.test", "a.test"]) {
        peer.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        await peer.response();
      }
    },
  },
  {
    name: "tls on both sides, large body",
    config: tlsFront("crt {file:main.pem}", { servers: { s1: `ssl ${CA}` } }),
    files,
    servers: { s1: respond(ok(bigBody)) },
    tls: { s1: { key: server.key, cert: server.cert } },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      for (const path of ["/1", "/2"]) {
        peer.send(get(path));
        talk.note(path, (await peer.response({ ms: 6000 })).length);
      }
    },
    compare: { timers: 400 },
  },
];

/** Checks with TLS, by the lines they leave. */
const check = (
  name: string,
  words: string,
  who: Issued | null,
  script: ServerScript = respond(ok("fine")),
): Scenario => ({
  name: `tls checks: ${name}`,
  config: http({
    backend: "option log-health-checks\noption httpchk",
    servers: { s1: `check inter 300ms fall 1 rise 2 ${words}` },
  }),
  files,
  servers: { s1: script },
  ...(who === null ? {} : { tls: { s1: { key: who.key, cert: who.cert } } }),
  alone: true,
  async client(talk) {
    await talk.logMatch(/(?:UP|DOWN|succeeded|failed)/, 5000);
  },
  compare: { servers: false, timers: 600 },
});

export const checks: readonly Scenario[] = [
  check("as the traffic", `ssl ${CA}`, server),
  check("check-ssl alone", `check-ssl verify none`, server),
  check("not trusted", `ssl ${CA}`, wrong),
  check("verifyhost wrong", `ssl ${CA} verifyhost other.test`, server),
  check("a server that is plain", "ssl verify none", null),
  // Behind the hello: what is unread when the server closes makes a reset of it.
  check("a server that closes", "ssl verify none", null, (peer) => peer.bytes(1).then(() => peer.close())),
  check("a server that resets", "ssl verify none", null, (peer) => peer.bytes(1).then(() => peer.reset())),
  check("a server that is silent", "ssl verify none", null, async (peer) => void (await peer.closed(6000))),
  check("no-check-ssl with a plain server", "ssl no-check-ssl verify none", null),
  check("check-sni", `ssl ${CA} check-sni srv.test`, server),
  check("check-sni of another", `ssl ${CA} check-sni other.test`, server),
];
