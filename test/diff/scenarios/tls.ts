/** TLS on both sides: certificates by name, client certificates, versions, samples, logs, servers and their certificates. */
import { hello } from "../../../src/expr/hello.helper.ts";
import { issue, type Issued, revoke } from "../../../src/net/tls/certificates.helper.ts";
import type { TlsWish } from "../../harness/client.ts";
import type { Peer } from "../../harness/peer.ts";
import { ok, respond, type ServerScript } from "../../harness/server.ts";
import { echo, get, http, silence, tcp } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

const ca = await issue({ subject: "CN=Test CA, O=Org", ca: true });
const middle = await issue({ subject: "CN=Middle CA", ca: true, by: ca });
const foreignOld = await issue({
  subject: "CN=foreign and expired",
  days: -5,
  by: await issue({ subject: "CN=Nobody", ca: true }),
});
const strangerOld = await issue({ subject: "CN=stranger and expired", days: -5 });
const revokedOld = await issue({ subject: "CN=revoked and expired", days: -5, by: ca });
const notCa = await issue({ subject: "CN=no authority", by: ca });
const ofNotCa = await issue({ subject: "CN=of no authority", days: -5, by: notCa });
const tired = await issue({ subject: "CN=Tired CA", ca: true, days: -5, by: ca });
const ofTired = await issue({ subject: "CN=of tired", by: tired });
const foreign = await issue({ subject: "CN=Foreign CA", ca: true });
const ofForeign = await issue({ subject: "CN=of foreign", by: foreign });
const [main, second, wild, rsa, expired, good, chained, old, revoked, stranger, server, wrong] = await Promise.all([
  issue({ subject: "CN=main.test", names: ["main.test"], by: ca }),
  issue({ subject: "CN=second.test", names: ["second.test", "also.test"], by: ca }),
  issue({ subject: "CN=wild", names: ["*.wild.test"], by: ca }),
  issue({ subject: "CN=main-rsa", names: ["main.test"], key: "rsa", by: ca }),
  issue({ subject: "CN=old.test", names: ["old.test"], days: -5, by: ca }),
  issue({ subject: "CN=good, OU=One, OU=Two, O=Org, C=FR", by: ca }),
  issue({ subject: "CN=chained", by: middle }),
  issue({ subject: "CN=expired client", days: -5, by: ca }),
  issue({ subject: "CN=revoked client", by: ca }),
  issue({ subject: "CN=stranger" }),
  issue({ subject: "CN=srv.test", names: ["srv.test", "*.w.test"], by: ca }),
  issue({ subject: "CN=wrong.test" }),
]);
const crl = revoke(ca, [revoked, revokedOld]);

const files: Readonly<Record<string, string>> = {
  "main.pem": main.pem,
  "second.pem": second.key + second.cert,
  "wild.pem": wild.pem,
  "both.pem.rsa": rsa.pem,
  "both.pem.ecdsa": main.pem,
  "apart.crt": second.cert,
  "apart.crt.key": second.key,
  "old.pem": expired.pem,
  "ca.pem": ca.cert,
  "crl.pem": crl,
  "client.pem": good.pem,
};

/** A configuration whose frontend listens with TLS and these words behind `ssl`. */
function tlsFront(words: string, lines: Parameters<typeof http>[0] = {}, build = http): string {
  return build(lines).replace("bind 127.0.0.1:{fe}", `bind 127.0.0.1:{fe} ssl ${words}`);
}

const V12: TlsWish = { maxVersion: 0x303 };

/** Connects, notes what was agreed on, and asks once when there is a connection. */
async function ask(talk: Talk, key: string, wish: TlsWish, request = get("/", "Connection: close")): Promise<Peer> {
  const peer = await talk.connect("fe", { tls: wish });
  talk.note(key, peer.tls === null ? null : { ...peer.tls, cipher: undefined });
  if (peer.tls !== null) {
    peer.send(request);
    await peer.response({ ms: 1500 }).catch(() => "");
  }
  await silence(peer);
  return peer;
}

function certificate({ key, cert }: Issued): Pick<TlsWish, "key" | "cert"> {
  return { key, cert };
}

const bySni = (
  name: string,
  words: string,
  extra: Readonly<Record<string, string>>,
  names: readonly (string | null)[],
): Scenario => ({
  name: `tls certificate by name: ${name}`,
  config: tlsFront(words, {
    frontend:
      "http-request return status 200 content-type text/plain lf-string %[ssl_f_s_dn(CN)]/%[ssl_fc_sni]/%[ssl_fc_has_sni]",
  }),
  files: { ...files, ...extra },
  servers: { s1: echo },
  async client(talk) {
    for (const host of names) await ask(talk, String(host), { ...V12, ...(host === null ? {} : { name: host }) });
  },
  compare: { logOrder: "any" },
});

const NAMES = [
  "main.test",
  "second.test",
  "ALSO.test",
  "x.wild.test",
  "y.x.wild.test",
  "wild.test",
  "nobody.test",
  null,
];

const certificates: readonly Scenario[] = [
  bySni("several crt", "crt {file:main.pem} crt {file:second.pem} crt {file:wild.pem}", {}, NAMES),
  bySni("another default", "crt {file:wild.pem} crt {file:main.pem} crt {file:apart.crt}", {}, NAMES),
  bySni("strict-sni", "strict-sni crt {file:main.pem} crt {file:wild.pem}", {}, NAMES),
  bySni("bundle of two kinds of key", "crt {file:both.pem}", {}, ["main.test", "nobody.test"]),
  bySni("an expired one alone", "crt {file:main.pem} crt {file:old.pem}", {}, ["old.test", "main.test"]),
];

/** What a client with this certificate meets. */
const client = (name: string, words: string, who: Pick<TlsWish, "key" | "cert">, more: TlsWish = V12): Scenario => ({
  name: `tls client certificate: ${name}`,
  config: tlsFront(`crt {file:main.pem} ca-file {file:ca.pem} ${words}`, {
    frontend: `http-request return status 200 content-type text/plain lf-string "%[ssl_c_used]/%[ssl_c_verify]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_c_ca_err_depth]/%[ssl_fc_has_crt]/%[ssl_c_s_dn]/%[ssl_c_i_dn(CN)]/%[ssl_c_s_dn(OU,2)]/%[ssl_c_s_dn(,0,rfc2253)]/%[ssl_c_serial,hex]/%[ssl_c_sha1,hex]/%[ssl_c_notbefore]/%[ssl_c_notafter]/%[ssl_c_key_alg]/%[ssl_c_sig_alg]/%[ssl_c_version]/%[ssl_c_chain_der,sha1,hex]/%[ssl_c_der,sha1,hex]"`,
    // The library chooses among the suites of TLS 1.3 by itself.
    defaults: more.maxVersion === 0x303 ? "option httpslog" : 'log-format "%ST %sslv %[ssl_c_err]"',
  }),
  files,
  servers: { s1: echo },
  async client(talk) {
    const peer = await talk.connect("fe", { tls: { name: "main.test", ...more, ...who } });
    peer.send(get("/", "Connection: close"));
    talk.note("answer", await peer.response({ ms: 1500 }).catch(() => "none"));
    await talk.logged(1);
  },
  // How the connection ends when a certificate is refused: HAProxy sends an alert, the library here cannot.
  compare: { clientClose: "closed" },
});

const NONE = {};

const clients: readonly Scenario[] = [
  client("good, required", "verify required", certificate(good)),
  client("good, TLS 1.3", "verify required", certificate(good), {}),
  client("good, optional", "verify optional", certificate(good)),
  client("none, optional", "verify optional", NONE),
  client("none, required", "verify required", NONE),
  client("expired", "verify required", certificate(old)),
  client("expired, ignored by number", "verify required crt-ignore-err 10", certificate(old)),
  client("expired, another number ignored", "verify required crt-ignore-err 23,18", certificate(old)),
  client("self-signed", "verify required", certificate(stranger)),
  client(
    "self-signed, all errors ignored",
    "verify optional crt-ignore-err all ca-ignore-err all",
    certificate(stranger),
  ),
  client("revoked", "verify required crl-file {file:crl.pem}", certificate(revoked)),
  client("revoked, ignored", "verify required crl-file {file:crl.pem} crt-ignore-err 23", certificate(revoked)),
  client("good with a revocation list", "verify required crl-file {file:crl.pem}", certificate(good)),
  client("without its chain", "verify required", certificate(chained)),
  client("without its chain, ignored", "verify optional crt-ignore-err all", certificate(chained)),
  client("without its chain, ignored by number", "verify optional crt-ignore-err 20,21", certificate(chained)),
  client("of an authority that has expired", "verify required", { key: ofTired.key, cert: ofTired.cert + tired.cert }),
  client("of an authority that has expired, ignored", "verify required ca-ignore-err 10", {
    key: ofTired.key,
    cert: ofTired.cert + tired.cert,
  }),
  client("of an authority that has expired, ignored for certificates alone", "verify required crt-ignore-err 10", {
    key: ofTired.key,
    cert: ofTired.cert + tired.cert,
  }),
  client("of another authority with its chain", "verify required", {
    key: ofForeign.key,
    cert: ofForeign.cert + foreign.cert,
  }),
  client("of another authority with its chain, ignored", "verify optional ca-ignore-err all crt-ignore-err all", {
    key: ofForeign.key,
    cert: ofForeign.cert + foreign.cert,
  }),
  client("of another authority", "verify optional ca-ignore-err all crt-ignore-err all", certificate(ofForeign)),
  client(
    "self-signed with a revocation list",
    "verify optional crl-file {file:crl.pem} crt-ignore-err all",
    certificate(stranger),
  ),
  client("untrusted and expired, dates ignored", "verify required crt-ignore-err 10", certificate(foreignOld)),
  client("untrusted and expired, half ignored", "verify required crt-ignore-err 10,21", certificate(foreignOld)),
  client("untrusted and expired, all ignored", "verify required crt-ignore-err 10,20,21", certificate(foreignOld)),
  client("self-signed and expired, dates ignored", "verify required crt-ignore-err 10", certificate(strangerOld)),
  client("self-signed and expired, both ignored", "verify required crt-ignore-err 10,18", certificate(strangerOld)),
  client(
    "revoked and expired, dates ignored",
    "verify required crl-file {file:crl.pem} crt-ignore-err 10",
    certificate(revokedOld),
  ),
  client(
    "revoked and expired, both ignored",
    "verify required crl-file {file:crl.pem} crt-ignore-err 10,23",
    certificate(revokedOld),
  ),
  client("of a certificate that is no authority, dates ignored", "verify required crt-ignore-err 10", {
    key: ofNotCa.key,
    cert: ofNotCa.cert + notCa.cert,
  }),
  client("ca-verify-file alone", "verify required ca-verify-file {file:ca.pem}", certificate(good)),
  client("with its chain", "verify required", { key: chained.key, cert: chained.cert + middle.cert }),
];

const version = (name: string, words: string, global = ""): Scenario => ({
  name: `tls versions: ${name}`,
  config: tlsFront(`crt {file:main.pem} ${words}`, {
    frontend:
      "http-request return status 200 content-type text/plain lf-string %[ssl_fc_protocol]/%[ssl_fc_cipher,field(1,_)]",
  }),
  ...(global === "" ? {} : { global }),
  files,
  servers: { s1: echo },
  async client(talk) {
    for (const exact of [0x301, 0x302, 0x303, 0x304]) {
      await ask(talk, exact.toString(16), { name: "main.test", minVersion: exact, maxVersion: exact });
    }
  },
  compare: { logOrder: "any", clientClose: "closed" },
});

const versions: readonly Scenario[] = [
  version("default", ""),
  version("ssl-min-ver TLSv1.3", "ssl-min-ver TLSv1.3"),
  version("ssl-max-ver TLSv1.2", "ssl-max-ver TLSv1.2"),
  version("force-tlsv12", "force-tlsv12"),
  version("no-tlsv13", "no-tlsv13"),
  version("no-tlsv12", "no-tlsv12"),
  version("defaults of the global section", "", "    ssl-default-bind-options ssl-min-ver TLSv1.3"),
  version("the line before the global section", "force-tlsv12", "    ssl-default-bind-options ssl-min-ver TLSv1.3"),
  version("one cipher", "ciphers ECDHE-ECDSA-AES128-GCM-SHA256"),
];

const alpn = (name: string, words: string, offers: readonly (readonly string[])[]): Scenario => ({
  name: `tls ALPN: ${name}`,
  config: tlsFront(`crt {file:main.pem} ${words}`, {
    frontend: "http-request return status 200 content-type text/plain lf-string [%[ssl_fc_alpn]]",
  }),
  files,
  servers: { s1: echo },
  async client(talk) {
    for (const offer of offers)
      await ask(talk, offer.join(), { ...V12, name: "main.test", ...(offer.length === 0 ? {} : { alpn: offer }) });
  },
  compare: { logOrder: "any" },
});

const protocols: readonly Scenario[] = [
  alpn("http/1.1", "alpn http/1.1", [[], ["http/1.1"], ["h2", "http/1.1"], ["foo"]]),
  alpn("none configured", "", [[], ["http/1.1"]]),
  alpn("the order of the line counts", "alpn http/1.1,http/1.0", [["http/1.0", "http/1.1"], ["http/1.0"]]),
];

/** What happens to a connection that does not finish its handshake; `words`: of the bind line. */
const broken = (
  name: string,
  play: (peer: Peer, talk: Talk) => Promise<void> | void,
  lines = "",
  words = "crt {file:main.pem}",
): Scenario => ({
  name: `tls handshake: ${name}`,
  config: tlsFront(words, { defaults: `timeout client 400ms\ntimeout http-request 200ms\n${lines}` }),
  files: { ...files, "versions.txt": "{file:main.pem}\n{file:second.pem} [ssl-max-ver TLSv1.2]\n" },
  servers: { s1: echo },
  async client(talk) {
    const peer = await talk.connect();
    await talk.sleep(20);
    await play(peer, talk);
    if (!lines.includes("dontlognull")) await talk.logged(1);
    await silence(peer, 600);
  },
  compare: { received: false, clientClose: "closed" },
});

/** The name in the ClientHello decides with what the handshake begins. */
const byName = (name: string, play: (peer: Peer, talk: Talk) => Promise<void> | void): Scenario =>
  broken(`versions by name, ${name}`, play, "", "crt-list {file:versions.txt}");

const handshakes: readonly Scenario[] = [
  byName("closed at once", (peer) => peer.close()),
  byName("FIN at once", (peer) => peer.shutdown()),
  byName("reset at once", async (peer, talk) => {
    await talk.sleep(50);
    peer.reset();
  }),
  byName("plain HTTP", (peer) => peer.send(get("/"))),
  byName("junk", (peer) => peer.send("junk junk junk junk")),
  byName("half a hello, then FIN", async (peer, talk) => {
    peer.send("\x16\x03\x01\x02\x00\x01\x00");
    await talk.sleep(50);
    peer.shutdown();
  }),
  byName("silence", () => {}),
  byName("half a hello, then silence", (peer) => peer.send("\x16\x03\x01\x02\x00\x01\x00")),
  byName("a hello and nothing more", (peer) =>
    peer.send(hello({ name: "second.test", alpn: [], groups: true, ticket: -1 })),
  ),
  byName("a hello, then FIN", async (peer, talk) => {
    peer.send(hello({ name: "second.test", alpn: [], groups: true, ticket: -1 }));
    await talk.sleep(50);
    peer.shutdown();
  }),
  broken("closed at once", (peer) => peer.close()),
  broken("FIN at once", (peer) => peer.shutdown()),
  broken("closed at once, dontlognull", (peer) => peer.close(), "option dontlognull"),
  broken("reset at once", async (peer, talk) => {
    await talk.sleep(50);
    peer.reset();
  }),
  broken("plain HTTP", (peer) => peer.send(get("/"))),
  broken("junk", (peer) => peer.send("junk junk junk junk")),
  broken("half a hello, then FIN", async (peer, talk) => {
    peer.send("\x16\x03\x01\x02\x00\x01\x00");
    await talk.sleep(50);
    peer.shutdown();
  }),
  broken("silence", () => {}),
  broken("half a hello, then silence", (peer) => peer.send("\x16\x03\x01\x02\x00\x01\x00")),
  broken("silence, separate errors", () => {}, "option log-separate-errors"),
];

const bigBody = "0123456789abcdef".repeat(40_000);

const traffic: readonly Scenario[] = [
  {
    name: "tls keep-alive, httpslog and tags",
    config: tlsFront("crt {file:main.pem}", {
      defaults: 'log-format "%ft %sslv %sslc %[ssl_fc] %[ssl_fc_sni] %[ssl_bc] %ST %B"',
      frontend: "http-request set-header X-Proto https if { ssl_fc }",
    }),
    files,
    servers: { s1: echo },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { ...V12, name: "main.test" } });
      for (const path of ["/1", "/2", "/3"]) {
        peer.send(get(path));
        await peer.response();
      }
      await talk.logged(3);
    },
  },
  {
    name: "tls large bodies both ways",
    config: tlsFront("crt {file:main.pem}"),
    files,
    servers: {
      s1: async (peer) => {
        const request = await peer.request(8000);
        peer.send(ok(`${request.length}`.padEnd(bigBody.length, "x"), "X-Len: 1"));
      },
    },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      peer.send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${bigBody.length}\r\n\r\n${bigBody}`);
      talk.note("length", (await peer.response({ ms: 8000 })).length);
    },
    compare: { logBytes: false, timers: 400 },
  },
  {
    name: "tls answer with connection close arrives whole",
    config: tlsFront("crt {file:main.pem}"),
    files,
    servers: { s1: respond(ok(bigBody)) },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      peer.send(get("/", "Connection: close"));
      await talk.sleep(100);
      await peer.closed(4000);
      talk.note("length", peer.received.length);
    },
    compare: { timers: 400 },
  },
  {
    name: "tls keep-alive timeout",
    config: tlsFront("crt {file:main.pem}", { defaults: "timeout http-keep-alive 200ms" }),
    files,
    servers: { s1: echo },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      peer.send(get("/"));
      await peer.response();
      await peer.closed(2000);
    },
  },
  {
    name: "tls silence after the handshake",
    config: tlsFront("crt {file:main.pem}", { defaults: "timeout http-request 300ms" }),
    files,
    servers: { s1: echo },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      await peer.closed(2000);
      await talk.logged(1);
    },
  },
  {
    name: "tls mode tcp: both directions, client finishes first",
    config: tlsFront("crt {file:main.pem}", {}, tcp),
    files,
    servers: {
      s1: async (peer) => {
        peer.send(`got ${await peer.until("\n")}`);
        await peer.closed(3000);
        peer.send("bye\n");
        peer.close();
      },
    },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      peer.send("hello\n");
      await peer.until("got hello\n");
      peer.close();
      await talk.logged(1);
    },
    compare: { received: false, servers: false, clientClose: "closed" },
  },
  {
    name: "tls mode tcp: server finishes first",
    config: tlsFront("crt {file:main.pem}", {}, tcp),
    files,
    servers: {
      s1: async (peer) => {
        await peer.until("\n");
        peer.send(bigBody);
        peer.close();
      },
    },
    async client(talk) {
      const peer = await talk.connect("fe", { tls: { name: "main.test" } });
      peer.send("hello\n");
      await peer.closed(4000);
      talk.note("length", peer.received.length);
      peer.close();
      await talk.logged(1);
    },
    compare: { logBytes: false, timers: 400 },
  },
  {
    name: "tls sessions are resumed",
    config: tlsFront("crt {file:main.pem}", {
      frontend: "http-request return status 200 content-type text/plain lf-string %[ssl_fc_is_resumed]",
      defaults: 'log-format "%sslv %[ssl_fc_is_resumed] %[ssl_fc_has_crt]"',
    }),
    files,
    servers: { s1: echo },
    async client(talk) {
      const first = await ask(talk, "first", { ...V12, name: "main.test" });
      await ask(talk, "second", { ...V12, name: "main.test", session: first.session });
      const third = await ask(talk, "third", { name: "main.test" });
      await ask(talk, "fourth", { name: "main.test", session: third.session });
      await talk.logged(4);
    },
  },
  {
    name: "tls no-tls-tickets",
    config: tlsFront("crt {file:main.pem} no-tls-tickets", {
      frontend: "http-request return status 200 content-type text/plain string x",
    }),
    files,
    servers: { s1: echo },
    async client(talk) {
      await ask(talk, "first", { name: "main.test" });
    },
  },
];

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

const toServers: readonly Scenario[] = [
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

const checks: readonly Scenario[] = [
  check("as the traffic", `ssl ${CA}`, server),
  check("check-ssl alone", `check-ssl verify none`, server),
  check("not trusted", `ssl ${CA}`, wrong),
  check("verifyhost wrong", `ssl ${CA} verifyhost other.test`, server),
  check("a server that is plain", "ssl verify none", null),
  check("a server that closes", "ssl verify none", null, (peer) => peer.close()),
  check("a server that is silent", "ssl verify none", null, async (peer) => void (await peer.closed(6000))),
  check("no-check-ssl with a plain server", "ssl no-check-ssl verify none", null),
  check("check-sni", `ssl ${CA} check-sni srv.test`, server),
  check("check-sni of another", `ssl ${CA} check-sni other.test`, server),
];

const CAPTURED = [
  "ssl_fc_protocol_hello_id",
  "ssl_fc_cipherlist_hex",
  "ssl_fc_cipherlist_hex(1)",
  "ssl_fc_cipherlist_bin,length",
  "ssl_fc_cipherlist_str",
  "ssl_fc_cipherlist_xxh",
  "ssl_fc_extlist_bin,hex",
  "ssl_fc_eclist_bin,hex",
  "ssl_fc_ecformats_bin,hex",
  "ssl_fc",
  "ssl_fc_sni",
  "ssl_fc_alpn",
  "ssl_fc_is_resumed",
  "ssl_fc_err",
  "ssl_fc_has_early",
  "ssl_f_serial,hex",
  "ssl_f_i_dn",
  "ssl_f_i_dn(O)",
  "ssl_f_notbefore",
  "ssl_f_notafter",
  "ssl_f_sha1,hex",
  "ssl_f_key_alg",
  "ssl_f_sig_alg",
  "ssl_f_version",
  "ssl_c_used",
  "ssl_c_verify",
  "ssl_c_s_dn",
];

/** What is read of the bytes of a hello, with and without room for it. */
const captured = (name: string, size: number, wish: TlsWish): Scenario => ({
  name: `tls hello: ${name}`,
  global: `    tune.ssl.capture-buffer-size ${size}`,
  config: tlsFront("crt {file:main.pem} crt {file:second.pem} alpn http/1.1", {
    frontend: `http-request return status 200 content-type text/plain lf-string "${[...CAPTURED, ...(size > 0 ? ["ssl_fc_client_random,hex,length"] : [])].map((text) => `%[${text}]`).join("|")}"`,
  }),
  files,
  servers: { s1: echo },
  async client(talk) {
    const peer = await talk.connect("fe", { tls: wish });
    for (const path of ["/1", "/2"]) {
      peer.send(get(path));
      await peer.response();
    }
  },
});

const hellos: readonly Scenario[] = [
  captured("TLS 1.2", 900, { ...V12, name: "second.test", alpn: ["http/1.1"] }),
  captured("TLS 1.2, two ciphers", 900, {
    ...V12,
    name: "main.test",
    ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
  }),
  captured("without a name", 900, V12),
  captured("TLS 1.3", 900, { name: "main.test" }),
  captured("little room", 20, { ...V12, name: "main.test" }),
  captured("room for the ciphers and a bit", 36, { ...V12, name: "main.test" }),
  captured("nothing is kept", 0, { ...V12, name: "main.test" }),
];

export const tls: readonly Scenario[] = [
  ...hellos,
  ...certificates,
  ...clients,
  ...versions,
  ...protocols,
  ...handshakes,
  ...traffic,
  ...toServers,
  ...checks,
];
