/** Protocols on top of each other: HTTP/2 in TLS, PROXY headers before both, caches behind compression, and samples of all layers. */
import { issue, revoke } from "../../../src/net/tls/certificates.helper.ts";
import type { TlsWish } from "../../harness/client.ts";
import {
  block,
  echo as echoH2,
  Flag,
  frame,
  FrameType,
  H2Peer,
  request as h2Request,
  respondH2,
} from "../../harness/h2.ts";
import { ok, respond } from "../../harness/server.ts";
import { echo, get, http, type Lines, silence, tcp } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const ca = await issue({ subject: "CN=Layer CA, O=Org", ca: true });
const [main, second, good, revoked, server] = await Promise.all([
  issue({ subject: "CN=main.test, O=Org", names: ["main.test"], by: ca }),
  issue({ subject: "CN=second.test", names: ["second.test", "*.second.test"], by: ca }),
  issue({ subject: "CN=good, OU=One, OU=Two, O=Org, C=FR", by: ca }),
  issue({ subject: "CN=revoked", by: ca }),
  issue({ subject: "CN=srv.test, O=Srv", names: ["srv.test"], by: ca }),
]);
const expired = await issue({ subject: "CN=expired.test", names: ["expired.test"], days: -3, by: ca });
const crl = revoke(ca, [revoked]);
const files: Readonly<Record<string, string>> = {
  "main.pem": main.pem,
  "second.pem": second.pem,
  "ca.pem": ca.cert,
  "crl.pem": crl,
  "client.pem": good.pem,
};
const V12: TlsWish = { maxVersion: 0x303, name: "main.test" };
const V13: TlsWish = { minVersion: 0x304, name: "main.test" };
const OPEN: Scenario["compare"] = { received: false, clientClose: "closed" };

function listens(words: string, lines: Lines, build = http): string {
  return build(lines).replace("bind 127.0.0.1:{fe}", `bind 127.0.0.1:{fe} ${words}`);
}

/** Samples one by one, with what they say of themselves and of their absence. */
const told = (name: string, samples: readonly string[], wish: TlsWish, words = ""): Scenario => ({
  name: `layers: samples, ${name}`,
  global: "    tune.ssl.capture-buffer-size 600",
  config: listens(`ssl crt {file:main.pem} crt {file:second.pem} ${words}`, {
    frontend: `http-request return status 200 content-type text/plain lf-string "${samples.map((text) => `%[${text}]`).join("|")}"`,
  }),
  files,
  servers: { s1: echo },
  async client(talk) {
    const peer = await talk.connect("fe", { tls: wish });
    peer.send(get("/", "Connection: close"));
    talk.note("answer", await peer.response({ ms: 1500 }).catch(() => "none"));
  },
  compare: { clientClose: "closed" },
});

const JA3 = [
  "ssl_fc_protocol_hello_id",
  "ssl_fc_cipherlist_bin(1),be2dec(-,2)",
  "ssl_fc_extlist_bin(1),be2dec(-,2)",
  "ssl_fc_eclist_bin(1),be2dec(-,2)",
  "ssl_fc_ecformats_bin,be2dec(-,1)",
];
const CLIENT = [
  "ssl_c_used",
  "ssl_c_verify",
  "ssl_c_err",
  "ssl_c_ca_err",
  "ssl_c_ca_err_depth",
  "ssl_c_der,length",
  "ssl_c_chain_der,length",
  "ssl_c_i_dn",
  "ssl_c_i_dn(CN)",
  "ssl_c_i_dn(O,1)",
  "ssl_c_i_dn(,0,rfc2253)",
  "ssl_c_s_dn",
  "ssl_c_s_dn(OU)",
  "ssl_c_s_dn(OU,1)",
  "ssl_c_s_dn(OU,2)",
  "ssl_c_s_dn(OU,3)",
  "ssl_c_s_dn(OU,-1)",
  "ssl_c_s_dn(OU,-2)",
  "ssl_c_s_dn(OU,-3)",
  "ssl_c_s_dn(OU,0)",
  "ssl_c_s_dn(L)",
  "ssl_c_s_dn(cn)",
  "ssl_c_s_dn(,1)",
  "ssl_c_s_dn(CN,1,rfc2253)",
  "ssl_c_key_alg",
  "ssl_c_sig_alg",
  "ssl_c_notbefore,length",
  "ssl_c_notafter",
  "ssl_c_serial,hex",
  "ssl_c_sha1,hex",
  "ssl_c_version",
  "ssl_fc_has_crt",
];
const CONNECTION = [
  "ssl_fc",
  "ssl_fc_alg_keysize",
  "ssl_fc_alpn",
  "ssl_fc_err",
  "ssl_fc_err_str",
  "ssl_fc_has_early",
  "ssl_fc_has_sni",
  "ssl_fc_is_resumed",
  "ssl_fc_npn",
  "ssl_fc_protocol",
  "ssl_fc_session_id,hex,length",
  "ssl_fc_session_key,hex,length",
  "ssl_fc_unique_id,hex,length",
  "ssl_fc_use_keysize",
  "ssl_fc_client_random,hex,length",
  "ssl_fc_sni",
  "ssl_c_s_dn",
  "ssl_f_der,length",
  "ssl_f_s_dn(O)",
  "ssl_f_i_dn(,0,rfc2253)",
  "fc_err",
  "fc_err_str",
];
/** Of TLS 1.3 the library tells neither keys nor Finished messages, and it chooses another suite. */
function known(wish: TlsWish): string[] {
  const hidden = /session_id|session_key|unique_id|keysize/;
  return CONNECTION.filter((text) => wish.minVersion !== 0x304 || !hidden.test(text));
}
const VERIFY = "ca-file {file:ca.pem} verify optional crt-ignore-err all";
const who = { key: good.key, cert: good.cert };

const samples: readonly Scenario[] = [
  ...(
    [
      ["1.2", V12],
      ["1.3", V13],
    ] as const
  ).flatMap(([name, wish]) => [
    told(`the hello as JA3, TLS ${name}`, JA3, wish),
    told(
      `JA3 with ALPN, TLS ${name}`,
      [...JA3, "ssl_fc_alpn"],
      { ...wish, alpn: ["http/1.1", "foo"] },
      "alpn http/1.1",
    ),
    told(`a client certificate, TLS ${name}`, CLIENT, { ...wish, ...who }, VERIFY),
    told(`no client certificate, TLS ${name}`, CLIENT, wish, VERIFY),
    told(
      `a revoked one let pass, TLS ${name}`,
      CLIENT,
      { ...wish, key: revoked.key, cert: revoked.cert },
      `${VERIFY} crl-file {file:crl.pem}`,
    ),
    told(`nobody was asked, TLS ${name}`, CLIENT, { ...wish, ...who }),
    told(`the connection, TLS ${name}`, known(wish), wish),
    told(`the connection without a name, TLS ${name}`, known(wish), { ...wish, name: "" }),
    told(
      `the connection, a wildcard and ALPN, TLS ${name}`,
      known(wish),
      { ...wish, name: "x.second.test", alpn: ["h3", "http/1.1"] },
      "alpn h2,http/1.1",
    ),
  ]),
  {
    name: "layers: samples of a plain connection",
    config: http({
      frontend: `http-request return status 200 content-type text/plain lf-string "${[...CLIENT, ...CONNECTION]
        .filter(
          (text) =>
            !text.startsWith("ssl_fc_client") &&
            !text.startsWith("ssl_fc_server") &&
            !text.startsWith("ssl_fc_session_key"),
        )
        .map((text) => `%[${text}]`)
        .join("|")}"`,
    }),
    servers: { s1: echo },
    async client(talk) {
      talk.note("answer", await talk.once(get("/")));
    },
  },
];

/** Lines of a crt-list with their filters and options, met by each of these clients. */
const listed = (name: string, list: readonly string[], wishes: readonly TlsWish[], words = ""): Scenario => ({
  name: `layers: crt-list, ${name}`,
  config: listens(`ssl crt-list {file:list.txt} ${words}`, {
    frontend:
      "http-request return status 200 content-type text/plain lf-string %[ssl_f_s_dn(CN)]/%[ssl_fc_sni]/%[ssl_fc_protocol]/%[ssl_fc_alpn]/%[ssl_c_used]",
  }),
  files: { ...files, "list.txt": `${list.join("\n")}\n` },
  servers: { s1: echo },
  async client(talk) {
    for (const [index, wish] of wishes.entries()) {
      // HAProxy may refuse in the handshake where tlb refuses right behind it: what counts is whether there is an answer.
      const peer = await talk.connect("fe", { tls: wish });
      peer.send(get("/", "Connection: close"));
      const text = await peer.response({ ms: 800 }).catch(() => "none");
      talk.note(`${index} ${wish.name ?? "-"}`, text.split("\r\n\r\n").at(-1));
    }
  },
  compare: { ...OPEN, logOrder: "any" },
});
const MAIN = "{file:main.pem}";
const SECOND = "{file:second.pem}";
const hosts = [
  "main.test",
  "second.test",
  "a.second.test",
  "b.a.second.test",
  "x.example",
  "a.x.example",
  "other",
  "",
].map((name): TlsWish => ({ ...V12, name }));
const both12and13 = ["main.test", "second.test"].flatMap((name): TlsWish[] => [
  { name, maxVersion: 0x303 },
  { name, minVersion: 0x304 },
]);
const versions = ["main.test", "second.test", "other", ""].flatMap((name): TlsWish[] => [
  { name },
  { name, maxVersion: 0x303 },
  { name, minVersion: 0x304 },
]);
const groups = ["main.test", "second.test", ""].flatMap((name): TlsWish[] =>
  ["X25519", "P-384", "P-384:X25519"].flatMap((curves) => [
    { name, curves },
    { ...V12, name, curves },
  ]),
);
const lists: readonly Scenario[] = [
  listed("names of the certificates", [MAIN, SECOND], hosts),
  listed("comments and blank lines", ["# certificates", "", `  ${MAIN}`, `${SECOND}  `], hosts),
  listed("filters", [`${MAIN} x.example`, `${SECOND} *.x.example second.test`], hosts),
  listed("a star for all", [MAIN, `${SECOND} *`], hosts),
  listed("negation", [MAIN, `${SECOND} *.second.test !a.second.test`], hosts),
  listed("negation alone", [MAIN, `${SECOND} !a.second.test`], hosts),
  listed("a filter in upper case", [MAIN, `${SECOND} X.EXAMPLE`], hosts),
  listed("a full name and a wildcard", [`${MAIN} *.second.test`, `${SECOND} a.second.test`], hosts),
  listed("twice the same name", [`${MAIN} x.example`, `${SECOND} x.example`], hosts),
  listed("strict-sni", [`${MAIN} x.example`, SECOND], hosts, "strict-sni"),
  listed("versions of a line", [MAIN, `${SECOND} [ssl-min-ver TLSv1.3] second.test`], both12and13),
  listed("versions of the first line", [`${MAIN} [ssl-min-ver TLSv1.3]`, `${SECOND} second.test`], both12and13),
  listed(
    "versions of the bind line and one",
    [MAIN, `${SECOND} [ssl-min-ver TLSv1.2] second.test`],
    both12and13,
    "ssl-min-ver TLSv1.3",
  ),
  listed("the highest version of a line", [MAIN, `${SECOND} [ssl-max-ver TLSv1.2] second.test`], versions),
  listed("the highest version of the first line", [`${MAIN} [ssl-max-ver TLSv1.2]`, `${SECOND} second.test`], versions),
  listed(
    "a higher version than that of the bind line",
    [MAIN, `${SECOND} [ssl-max-ver TLSv1.3] second.test`],
    versions,
    "ssl-max-ver TLSv1.2",
  ),
  listed(
    "one version for each line",
    [`${MAIN} [ssl-min-ver TLSv1.3]`, `${SECOND} [ssl-max-ver TLSv1.2] second.test`],
    versions,
  ),
  listed("curves of a line", [MAIN, `${SECOND} [curves P-384] second.test`], groups),
  listed(
    "protocols of a line",
    [`${MAIN} [alpn http/1.1]`, `${SECOND} [alpn foo,http/1.0] second.test`],
    ["main.test", "second.test", "other"].map((name) => ({ ...V12, name, alpn: ["http/1.0", "http/1.1"] })),
    "alpn http/1.0",
  ),
  listed(
    "client certificates by line",
    [MAIN, `${SECOND} [ca-file {file:ca.pem} verify required] second.test`],
    [
      { ...V12 },
      { ...V12, name: "second.test" },
      { ...V12, name: "second.test", ...who },
      { ...V13, name: "second.test", ...who },
      { ...V13, name: "second.test" },
    ],
  ),
  listed(
    "no client certificate for one line",
    [MAIN, `${SECOND} [verify none] second.test`],
    [{ ...V12 }, { ...V12, ...who }, { ...V12, name: "second.test" }, { ...V13, name: "second.test" }],
    "ca-file {file:ca.pem} verify required",
  ),
  listed(
    "revoked for one line",
    [
      `${MAIN} [ca-file {file:ca.pem} verify required]`,
      `${SECOND} [ca-file {file:ca.pem} crl-file {file:crl.pem} verify required] second.test`,
    ],
    ["main.test", "second.test"].flatMap((name) => [
      { ...V12, name, ...who },
      { ...V12, name, key: revoked.key, cert: revoked.cert },
    ]),
  ),
  listed(
    "ciphers of a line",
    [MAIN, `${SECOND} [ciphers ECDHE-ECDSA-AES128-GCM-SHA256] second.test`],
    ["main.test", "second.test"].flatMap((name) =>
      ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"].map((ciphers) => ({ ...V12, name, ciphers })),
    ),
  ),
];

/** ALPN decides what the connection speaks. */
const negotiated = (
  name: string,
  words: string,
  offer: readonly string[] | undefined,
  wish: TlsWish = V12,
): Scenario => ({
  name: `layers: ALPN, ${name}`,
  config: listens(`ssl crt {file:main.pem} ${words}`, {
    defaults: 'log-format "%HM %HV %HP %ST %tsc %sslv %[ssl_fc_alpn] %[fc_http_major] %[ssl_fc_sni]"',
    frontend:
      "http-request set-header X-Facts %[ssl_fc_alpn]/%[fc_http_major]/%[ssl_fc_sni]/%[req.ver]/%[req.fhdr(host)]",
  }),
  files,
  servers: { s1: respond((text) => ok(text)) },
  async client(talk) {
    const peer = await talk.connect("fe", { tls: { ...wish, ...(offer === undefined ? {} : { alpn: offer }) } });
    talk.note("agreed", peer.tls === null ? null : { ...peer.tls, cipher: undefined });
    if (peer.tls === null) return;
    if (offer?.includes("h2") === true && words.includes("h2")) {
      const h2 = new H2Peer(peer, "client");
      for (const path of ["/1", "/2"]) talk.note(path, await h2.response(h2.request(h2Request("GET", path))));
    } else {
      peer.send(get("/1", "Connection: close"));
      talk.note("/1", await peer.response({ ms: 1500 }).catch(() => "none"));
    }
    await talk.logged(1).catch(() => {});
  },
  compare: OPEN,
});

const protocols: readonly Scenario[] = [
  negotiated("h2 and http/1.1 offered", "alpn h2,http/1.1", ["h2", "http/1.1"]),
  negotiated("h2 and http/1.1 offered, TLS 1.3", "alpn h2,http/1.1", ["h2", "http/1.1"], V13),
  negotiated("http/1.1 first in the offer", "alpn h2,http/1.1", ["http/1.1", "h2"]),
  negotiated("h2 alone offered", "alpn h2,http/1.1", ["h2"]),
  negotiated("http/1.1 alone offered", "alpn h2,http/1.1", ["http/1.1"]),
  negotiated("nothing offered", "alpn h2,http/1.1", undefined),
  negotiated("something else offered", "alpn h2,http/1.1", ["spdy/3"]),
  negotiated("h2 offered to a listener without", "alpn http/1.1", ["h2"]),
  negotiated("h2 offered to a listener without ALPN", "", ["h2", "http/1.1"]),
  negotiated("the listener has h2 alone", "alpn h2", ["h2"]),
  negotiated("the listener has h2 alone, http/1.1 offered", "alpn h2", ["http/1.1"]),
  negotiated("proto h2 without ALPN", "proto h2", ["h2"]),
  {
    name: "layers: HTTP/2 in TLS finds its preface without ALPN",
    config: listens("ssl crt {file:main.pem}", {}),
    files,
    servers: { s1: echo },
    async client(talk) {
      const h2 = new H2Peer(await talk.connect("fe", { tls: V12 }), "client");
      talk.note("answer", await h2.response(h2.request(h2Request("GET", "/"))));
      await talk.logged(1);
    },
    compare: OPEN,
  },
];

/** A client of HTTP/1 that would like to go on in HTTP/2 (RFC 7540 section 3.2, dropped by RFC 9113). */
const wished = (name: string, request: string): Scenario => ({
  name: `layers: Upgrade to h2c, ${name}`,
  config: http(),
  servers: { s1: respond((text) => ok(text)) },
  async client(talk) {
    const peer = await talk.connect();
    peer.send(request);
    talk.note("first", await peer.response({ ms: 1500 }).catch(() => "none"));
    peer.send(get("/2"));
    talk.note("second", await peer.response({ ms: 1500 }).catch(() => "none"));
    await talk.logged(2, 500).catch(() => {});
  },
});
const H2C = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"];
const upgrades: readonly Scenario[] = [
  wished("GET", get("/1", ...H2C)),
  wished("GET with a body", `${get("/1", ...H2C, "Content-Length: 4")}body`),
  wished("beside another protocol", get("/1", "Connection: Upgrade", "Upgrade: h2c, websocket")),
  wished("in TLS's name", get("/1", "Connection: Upgrade", "Upgrade: h2")),
];

const SIGNED = "PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n";
const FACTS = 'log-format "%ci %[src] %[dst] %[dst_port] %[fc_src] %[fc_rcvd_proxy] %[fc_http_major] %ts"';
const front = "http-request set-header X-Facts %[src]/%[dst]/%[fc_src]/%[fc_rcvd_proxy]";

/** PROXY headers before HTTP/2, and rules about content with it. */
const behind = (name: string, words: string, header: string, frontend = front, count = 2): Scenario => ({
  name: `layers: HTTP/2 behind a PROXY header, ${name}`,
  config: listens(words, { defaults: FACTS, frontend }),
  files,
  servers: { s1: respond((text) => ok(text)) },
  async client(talk) {
    const peer = await talk.knock();
    if (header !== "") peer.send(header);
    const h2 = new H2Peer(peer, "client");
    for (let i = 0; i < count; i++) talk.note(`/${i}`, await h2.response(h2.request(h2Request("GET", `/${i}`)), 1200));
    await talk.logged(1, 500).catch(() => {});
  },
  compare: OPEN,
});

const proxied: readonly Scenario[] = [
  behind("version 1", "accept-proxy", SIGNED),
  behind("proto h2", "accept-proxy proto h2", SIGNED),
  behind("asked for by a rule", "", SIGNED, `tcp-request connection expect-proxy layer4\n${front}`),
  behind("none comes", "accept-proxy", ""),
  behind(
    "a session rule refuses its address",
    "accept-proxy",
    SIGNED,
    `tcp-request session reject if { src 192.0.2.1 }\n${front}`,
  ),
  behind(
    "a session rule accepts",
    "accept-proxy",
    SIGNED,
    `tcp-request session accept if { src 192.0.2.1 }\ntcp-request session reject\n${front}`,
  ),
  behind(
    "content rules see each stream",
    "accept-proxy",
    SIGNED,
    `tcp-request inspect-delay 1s\ntcp-request content reject if { path /1 }\n${front}`,
  ),
  behind(
    "content rules wait for HTTP",
    "",
    "",
    `tcp-request inspect-delay 1s\ntcp-request content accept if HTTP\n${front}`,
  ),
  behind(
    "content rules with facts of the request",
    "",
    "",
    `tcp-request inspect-delay 1s\ntcp-request content set-var(txn.a) path\ntcp-request content reject if { method POST }\nhttp-request set-header X-A %[var(txn.a)]`,
  ),
  behind("content rules that set the source", "", "", `tcp-request content set-src ipv4(198.51.100.7)\n${front}`),
  behind(
    "http rules that set the source",
    "",
    "",
    `http-request set-src req.hdr(x-none),ipmask(24)\nhttp-request set-src ipv4(198.51.100.8)\n${front}`,
  ),
];

/** Rules that end a connection which carries several streams. */
const ended = (rule: string, others: boolean): Scenario => ({
  name: `layers: HTTP/2, ${rule}`,
  config: http({ frontend: `tcp-request inspect-delay 1s\n${rule}` }),
  servers: {
    s1: async (peer) => {
      for (;;) {
        await peer.request(60_000);
        await Bun.sleep(150);
        peer.send(ok("late"));
      }
    },
  },
  async client(talk) {
    const h2 = new H2Peer(await talk.connect(), "client");
    talk.note("first", await h2.response(h2.request(h2Request("GET", "/0"))));
    // HAProxy ends it with RST_STREAM and NO_ERROR, tlb with GOAWAY alone; it is over in any case.
    if (others) h2.request(h2Request("GET", "/other"));
    await talk.sleep(50);
    const refused = h2.request(h2Request("GET", "/1"));
    talk.note("refused", await h2.response(refused));
    await h2.wait(() => h2.peer.closeKind !== "open", 300);
    talk.note("goaway", h2.goaway);
    talk.note("closed", h2.peer.closeKind !== "open");
    await talk.logged(3, 1500).catch(() => {});
  },
  compare: { ...OPEN, logOrder: "any", servers: false, timers: 300 },
});
const endings: readonly Scenario[] = [
  ended("tcp-request content reject if { path /1 }", true),
  ended("http-request reject if { path /1 }", true),
  ended("tcp-request content silent-drop if { path /1 }", false),
  ended("http-request silent-drop if { path /1 }", false),
  ended("http-request deny if { path /1 }", true),
  ended("http-response silent-drop if { capture.req.uri -m end /1 }", false),
];

/** A server that speaks HTTP/2 by ALPN, or does not. */
const chosen = (name: string, words: string, alpn: readonly string[] | undefined, h2: boolean): Scenario => ({
  name: `layers: to a server, ${name}`,
  config: http({
    defaults: "retries 0",
    servers: { s1: `ssl ca-file {file:ca.pem} verify required ${words}` },
    frontend:
      "http-response set-header X-Server %[ssl_bc]/%[ssl_bc_alpn]/%[ssl_bc_protocol]/%[bc_http_major]/%[ssl_bc_is_resumed]/%[ssl_bc_use_keysize]/%[ssl_bc_alg_keysize]/%[ssl_bc_err]/%[ssl_bc_unique_id,hex,length]/%[ssl_s_s_dn]/%[ssl_s_s_dn(O)]/%[ssl_s_i_dn(CN)]/%[ssl_s_key_alg]/%[ssl_s_sig_alg]/%[ssl_s_sha1,hex]/%[ssl_s_version]/%[ssl_s_der,length]/%[ssl_s_notbefore,length]",
  }),
  files,
  servers: { s1: h2 ? respondH2(echoH2) : respond((text) => ok(text)) },
  tls: { s1: { key: server.key, cert: server.cert, maxVersion: 0x303, ...(alpn === undefined ? {} : { alpn }) } },
  async client(talk) {
    talk.note("/1", await talk.once(get("/1")));
    talk.note("/2", await talk.once(get("/2")));
    await talk.logged(2);
  },
  compare: { servers: false },
});

const servers: readonly Scenario[] = [
  chosen("h2 by ALPN", "alpn h2,http/1.1", ["h2", "http/1.1"], true),
  chosen("http/1.1 by ALPN", "alpn h2,http/1.1", ["http/1.1"], false),
  chosen("no ALPN in the answer", "alpn h2,http/1.1", undefined, false),
  chosen("none asked for", "", ["http/1.1"], false),
  chosen("proto h2", "proto h2", undefined, true),
  chosen("h2 alone, TLS 1.2 forced", "alpn h2 force-tlsv12", ["h2"], true),
  chosen(
    "a client certificate and a name",
    "alpn http/1.1 crt {file:client.pem} sni str(srv.test)",
    ["http/1.1"],
    false,
  ),
  ...(["check", "check check-alpn h2", "check check-alpn http/1.1"] as const).flatMap((words) =>
    ([true, false] as const).map((speaks): Scenario => ({
      name: `layers: ${words} against ${speaks ? "h2" : "http/1.1"}`,
      alone: true,
      config: http({
        backend: "option httpchk GET /health\noption log-health-checks\nhttp-check expect status 200",
        servers: { s1: `ssl verify none alpn h2,http/1.1 ${words} inter 500ms fall 1 rise 2` },
      }),
      files,
      servers: { s1: speaks ? respondH2(echoH2) : respond((text) => ok(text)) },
      tls: { s1: { key: server.key, cert: server.cert, alpn: speaks ? ["h2", "http/1.1"] : ["http/1.1"] } },
      compare: { servers: false },
      async client(talk) {
        await talk.logMatch(/Health check for server/);
      },
    })),
  ),
];

/** What the global section and the line say of TLS to a server, in turn with it. */
const towards = (
  name: string,
  words: string,
  global: string,
  who: { key: string; cert: string },
  maxVersion = 0x304,
): Scenario => ({
  name: `layers: to a server, ${name}`,
  ...(global === "" ? {} : { global }),
  config: http({
    defaults: "retries 0\nhttp-reuse never",
    servers: { s1: words },
    frontend:
      "http-response set-header X-Server %[ssl_bc]/%[ssl_bc_protocol]/%[ssl_bc_is_resumed]/%[ssl_bc_cipher,field(1,_)]/%[ssl_s_s_dn]",
  }),
  files,
  servers: { s1: respond(ok("secret")) },
  tls: { s1: { key: who.key, cert: who.cert, maxVersion } },
  async client(talk) {
    for (const path of ["/1", "/2", "/3"]) talk.note(path, await talk.once(get(path)));
    await talk.logged(3);
  },
  compare: { servers: false },
});
const trusted = "ca-file {file:ca.pem}";
const settings: readonly Scenario[] = [
  towards("revoked", `ssl ${trusted} crl-file {file:crl.pem}`, "", revoked, 0x303),
  towards("a revocation list without it", `ssl ${trusted} crl-file {file:crl.pem}`, "", server, 0x303),
  towards("revoked, verify none", `ssl verify none ${trusted} crl-file {file:crl.pem}`, "", revoked, 0x303),
  towards("expired", `ssl ${trusted}`, "", expired, 0x303),
  towards("expired, verify none", "ssl verify none", "", expired, 0x303),
  towards("sessions are used again", `ssl ${trusted}`, "", server, 0x303),
  towards("no-ssl-reuse", `ssl ${trusted} no-ssl-reuse`, "", server, 0x303),
  towards("no-tls-tickets", `ssl ${trusted} no-tls-tickets`, "", server, 0x303),
  towards("options by default", `ssl ${trusted}`, "    ssl-default-server-options force-tlsv12", server),
  towards(
    "options by default that the server lacks",
    `ssl ${trusted}`,
    "    ssl-default-server-options ssl-min-ver TLSv1.3",
    server,
    0x303,
  ),
  towards(
    "options by default, and those of the line",
    `ssl ${trusted} force-tlsv12`,
    "    ssl-default-server-options ssl-min-ver TLSv1.3",
    server,
  ),
  towards(
    "ciphers by default",
    `ssl ${trusted}`,
    "    ssl-default-server-ciphers ECDHE-ECDSA-AES128-GCM-SHA256",
    server,
    0x303,
  ),
  towards(
    "ciphers of the line",
    `ssl ${trusted} ciphers ECDHE-ECDSA-CHACHA20-POLY1305`,
    "    ssl-default-server-ciphers ECDHE-ECDSA-AES128-GCM-SHA256",
    server,
    0x303,
  ),
  towards("verification off by default", "ssl", "    ssl-server-verify none", expired, 0x303),
  towards("versions that exclude each other", `ssl ${trusted} ssl-max-ver TLSv1.1`, "", server, 0x303),
];

/** How many connections to a server of HTTP/2 a burst of requests makes, and another one behind it. */
const burst = (mode: string, from: "h1" | "h2"): Scenario => ({
  name: `layers: bursts from ${from}, http-reuse ${mode}`,
  config: http({ defaults: `http-reuse ${mode}`, servers: { s1: "proto h2" } }),
  servers: {
    s1: respondH2((h2, id, request) => {
      setTimeout(() => echoH2(h2, id, request), 100);
    }),
  },
  async client(talk) {
    const { peers } = talk.server("s1");
    if (from === "h2") {
      const clients = [new H2Peer(await talk.connect(), "client"), new H2Peer(await talk.connect(), "client")];
      for (const round of [1, 2, 3]) {
        for (const [index, h2] of clients.entries()) {
          if (round === 2 && index === 1) continue;
          const ids = [1, 2, 3, 4].map((nth) => h2.request(h2Request("GET", `/${round}/${index}/${nth}`)));
          for (const id of ids) await h2.response(id);
          talk.note(`connections after round ${round} of client ${index}`, peers.length);
        }
      }
    } else {
      const clients = await Promise.all([1, 2, 3].map(() => talk.connect()));
      for (const round of [1, 2]) {
        for (const peer of clients) peer.send(get(`/${round}`));
        for (const peer of clients) await peer.response();
        talk.note(`connections after round ${round}`, peers.length);
        for (const peer of clients) {
          peer.send(get(`/${round}/alone`));
          await peer.response();
        }
        talk.note(`connections behind round ${round}`, peers.length);
      }
    }
  },
  compare: { ...OPEN, servers: false, logOrder: "any", timers: 400 },
});
/** Connections that streams of new clients make, each of whose rounds comes in one segment. */
const segments = (
  mode: string,
  back: "h1" | "h2",
  name: string,
  clients: readonly (readonly number[])[],
): Scenario => ({
  name: `layers: ${name}, from h2 to ${back}, http-reuse ${mode}`,
  config: http({ defaults: `http-reuse ${mode}`, servers: { s1: back === "h2" ? "proto h2" : "" } }),
  servers: {
    s1:
      back === "h2"
        ? respondH2((h2, id, request) => void setTimeout(() => echoH2(h2, id, request), 40))
        : respond(() => ok("well")),
  },
  async client(talk) {
    const { peers } = talk.server("s1");
    const all: H2Peer[] = [];
    for (const [index, rounds] of clients.entries()) {
      const h2 = new H2Peer(await talk.connect(), "client");
      all.push(h2);
      await h2.wait(() => h2.types.length > 1);
      let next = 1;
      for (const [round, count] of rounds.entries()) {
        const ids = Array.from({ length: count }, (_, i) => next + 2 * i);
        next += 2 * count;
        const heads = ids.map((id) =>
          frame(
            FrameType.HEADERS,
            Flag.END_HEADERS | Flag.END_STREAM,
            id,
            block(h2Request("GET", `/${index}/${round}`)),
          ),
        );
        h2.peer.send(Buffer.concat(heads));
        for (const id of ids) await h2.response(id);
        await talk.sleep(20);
        talk.note(`connections after round ${round} of client ${index}`, peers.length);
      }
    }
  },
  compare: { ...OPEN, servers: false, logOrder: "any", timers: 400 },
});
const bursts: readonly Scenario[] = [
  ...(["h1", "h2"] as const).flatMap((back) => [
    segments("safe", back, "one stream of each client", [[1], [1], [1]]),
    segments("safe", back, "a burst of each client", [[5], [5]]),
    segments("safe", back, "bursts behind the first stream", [
      [1, 5],
      [1, 5],
    ]),
    segments("always", back, "bursts behind the first stream", [
      [1, 5],
      [1, 5],
    ]),
  ]),
  ...(["never", "safe", "aggressive", "always"] as const).map((mode) => burst(mode, "h1")),
  // In the other modes streams that come while a connection is made find one in tlb sooner than in HAProxy.
  burst("always", "h2"),
];

/** Caches and compression of one response. */
interface Stored {
  readonly caches: readonly string[];
  readonly frontend?: string;
  readonly backend: string;
  readonly answer?: string;
  readonly requests: readonly string[];
}
let count = 0;
const stored = (name: string, { caches, frontend = "", backend, answer, requests }: Stored): Scenario => {
  const prefix = `l${++count}`;
  const named = (text: string): string => text.replaceAll("@", prefix);
  return {
    name: `layers: cache, ${name}`,
    config:
      caches.map((lines, i) => `cache ${prefix}${i}\n    total-max-size 4\n${lines}\n`).join("") +
      http({ frontend: named(frontend), backend: named(backend), defaults: 'log-format "%HP %ST %B %s %tsc"' }),
    servers: { s1: respond(answer ?? ok("stored ".repeat(40), "Cache-Control: max-age=50", 'ETag: "a"')) },
    async client(talk) {
      for (const [index, text] of requests.entries()) {
        const peer = await talk.connect();
        peer.send(text);
        await talk.logged(index + 1).catch(() => {});
        await silence(peer, 30);
        peer.close();
      }
    },
  };
};

const GZIP = "Accept-Encoding: gzip";
const TWO = ["    max-age 60", "    max-age 60"];
const twice = ["/a", "/a", "/b", "/a"].map((path) => get(path));
const storing: readonly Scenario[] = [
  stored("two stores of one response", {
    caches: TWO,
    backend: "http-request cache-use @0\nhttp-response cache-store @0\nhttp-response cache-store @1",
    requests: twice,
  }),
  stored("two stores, the second is used", {
    caches: TWO,
    backend: "http-request cache-use @1\nhttp-response cache-store @0\nhttp-response cache-store @1",
    requests: twice,
  }),
  stored("two stores by path", {
    caches: TWO,
    backend:
      "http-request cache-use @0 if { path /a }\nhttp-request cache-use @1 if { path /b }\nhttp-response cache-store @0 if { capture.req.uri /a }\nhttp-response cache-store @1 if { capture.req.uri /b }",
    requests: [...twice, get("/b")],
  }),
  stored("two uses of two caches", {
    caches: TWO,
    backend: "http-request cache-use @0\nhttp-request cache-use @1\nhttp-response cache-store @1",
    requests: twice,
  }),
  stored("one in the frontend, another in the backend", {
    caches: TWO,
    frontend: "http-request cache-use @0\nhttp-response cache-store @0",
    backend: "http-request cache-use @1\nhttp-response cache-store @1",
    requests: twice,
  }),
  ...(["HEAD", "GET"] as const).flatMap((method) =>
    (["", "compression algo gzip", "compression algo gzip\ncompression offload"] as const).map((lines) =>
      stored(`${method}, ${lines.replace("\n", ", ") || "not compressed"}`, {
        caches: ["    max-age 60"],
        backend: `http-request cache-use @0\nhttp-response cache-store @0\n${lines}`,
        answer: ok(
          method === "HEAD" ? "" : "stored ".repeat(40),
          "Cache-Control: max-age=50",
          'ETag: "a"',
          "Content-Type: text/plain",
        ),
        requests: [
          get("/x"),
          get("/x", GZIP).replace("GET", method),
          get("/x", GZIP, "Range: bytes=0-3").replace("GET", method),
          get("/x", GZIP, 'If-None-Match: "a"').replace("GET", method),
          get("/x", GZIP, 'If-None-Match: W/"a"').replace("GET", method),
          get("/x").replace("GET", method),
        ],
      }),
    ),
  ),
  ...(
    [
      "stale-while-revalidate=60, max-age=0",
      "stale-if-error=60, max-age=0",
      "immutable, max-age=60",
      "max-age=60, stale-while-revalidate=60",
    ] as const
  ).map((value) =>
    stored(value, {
      caches: ["    max-age 60"],
      backend: "http-request cache-use @0\nhttp-response cache-store @0",
      answer: ok("x", `Cache-Control: ${value}`),
      requests: [get("/x"), get("/x")],
    }),
  ),
  ...(["206 Partial Content", "204 No Content", "304 Not Modified"] as const).map((status) =>
    stored(`a server that answers ${status}`, {
      caches: ["    max-age 60"],
      backend: "http-request cache-use @0\nhttp-response cache-store @0",
      answer: `HTTP/1.1 ${status}\r\nCache-Control: max-age=60\r\nContent-Range: bytes 0-3/8\r\n${status.startsWith("206") ? "Content-Length: 4\r\n\r\nabcd" : "\r\n"}`,
      requests: [get("/x", "Range: bytes=0-3"), get("/x"), get("/x", "Range: bytes=0-3")],
    }),
  ),
];

/** Over HTTP/2 to clients: what is compressed, and what comes from a cache. */
const overH2 = (
  name: string,
  backend: string,
  requests: readonly (readonly [string, string])[][],
  cache = "",
): Scenario => ({
  name: `layers: HTTP/2, ${name}`,
  config: cache + http({ backend, defaults: 'log-format "%HM %HP %ST %s %tsc"' }),
  servers: {
    s1: respond((text) =>
      ok(
        text.startsWith("HEAD") ? "" : "stored ".repeat(40),
        "Cache-Control: max-age=50",
        'ETag: "a"',
        "Content-Type: text/plain",
      ),
    ),
  },
  async client(talk) {
    const h2 = new H2Peer(await talk.connect(), "client");
    for (const [index, fields] of requests.entries()) {
      const id = h2.request(fields);
      const text = await h2.response(id);
      // What is compressed differs by library; that it is, and how it ends, does not.
      talk.note(`${index}`, /content-encoding/.test(text) ? `${text.split("\n--\n")[0]} ${h2.stream(id).ended}` : text);
      await talk.logged(index + 1).catch(() => {});
    }
  },
  compare: OPEN,
});

const gz = ["accept-encoding", "gzip"] as const;
const clients: readonly Scenario[] = [
  overH2("compressed", "compression algo gzip", [
    [...h2Request("GET", "/"), gz],
    [...h2Request("GET", "/")],
    [...h2Request("HEAD", "/"), gz],
    [...h2Request("GET", "/"), gz, ["range", "bytes=0-3"]],
  ]),
  overH2("compressed, offload", "compression algo gzip\ncompression offload", [
    [...h2Request("GET", "/"), gz],
    [...h2Request("GET", "/")],
  ]),
  overH2(
    "from a cache",
    "http-request cache-use lh2\nhttp-response cache-store lh2",
    [
      [...h2Request("GET", "/")],
      [...h2Request("GET", "/")],
      [...h2Request("HEAD", "/")],
      [...h2Request("GET", "/"), ["if-none-match", '"a"']],
      [...h2Request("GET", "/"), ["cache-control", "no-cache"]],
      [...h2Request("POST", "/")],
      [...h2Request("GET", "/")],
    ],
    "cache lh2\n    total-max-size 4\n    max-age 60\n",
  ),
  overH2(
    "from a cache, compressed",
    "http-request cache-use lh3\nhttp-response cache-store lh3\ncompression algo gzip",
    [
      [...h2Request("GET", "/")],
      [...h2Request("GET", "/"), gz],
      [...h2Request("GET", "/"), gz, ["if-none-match", 'W/"a"']],
    ],
    "cache lh3\n    total-max-size 4\n    max-age 60\n",
  ),
];

const through: readonly Scenario[] = [
  {
    name: "layers: TLS in mode tcp with samples in rules",
    config:
      listens(
        "ssl crt {file:main.pem} alpn h2,foo",
        {
          frontend:
            "tcp-request content reject if { ssl_fc_alpn foo }\nuse_backend be if { ssl_fc_sni -i main.test }\ndefault_backend none",
          defaults: 'log-format "%ci %ft %b %ts %sslv %[ssl_fc_alpn] %[ssl_fc_sni]"',
        },
        tcp,
      ).replace("default_backend be", "") + "\nbackend none\n",
    files,
    servers: { s1: async (peer) => peer.send(`got ${await peer.until("\n")}`) },
    async client(talk) {
      for (const [name, alpn] of [
        ["MAIN.test", "h2"],
        ["other.test", "h2"],
        ["main.test", "foo"],
      ] as const) {
        const peer = await talk.connect("fe", { tls: { ...V12, name, alpn: [alpn] } });
        peer.send("hello\n");
        await silence(peer, 200);
        peer.close();
      }
      await talk.logged(3);
    },
    compare: { clientClose: "closed", servers: false, logOrder: "any" },
  },
];

export const layers: readonly Scenario[] = [
  ...samples,
  ...lists,
  ...protocols,
  ...upgrades,
  ...proxied,
  ...endings,
  ...servers,
  ...settings,
  ...bursts,
  ...storing,
  ...clients,
  ...through,
];
