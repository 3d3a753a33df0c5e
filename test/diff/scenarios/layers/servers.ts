/** Servers with TLS: what they speak, and what is asked of them. */
import { echo as echoH2, respondH2 } from "../../../harness/h2.ts";
import { ok, respond } from "../../../harness/server.ts";
import { get, http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { revoked, server, expired, files } from "./tools.ts";

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

export const servers: readonly Scenario[] = [
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
export const settings: readonly Scenario[] = [
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
