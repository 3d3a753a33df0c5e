/** TLS connections of clients (ssl_fc_*) and to servers (ssl_bc_*) (manual, section 7.3.4). */
import type { TlsSession } from "../../../net/tls/session.ts";
import type { FetchRow } from "../types.ts";
import { bytes, neverRow, type Side, tlsRow } from "./rows.ts";

const SECRETS = "the TLS library does not tell secrets";
const NO_NPN = "the TLS library has no NPN";
const NO_RANDOM = "the TLS library does not tell random values";

/** False, rather than not there, for clients without TLS. */
function boolRow(name: string, help: string, read: (session: TlsSession) => boolean): FetchRow {
  return {
    ...tlsRow("client", name, "bool", help, read),
    make: () => (ctx) => ctx.clientTls !== null && read(ctx.clientTls),
  };
}

/** What both sides have. */
function shared(side: Side): FetchRow[] {
  const p = side === "client" ? "ssl_fc" : "ssl_bc";
  const of = side === "client" ? "the client's connection" : "the server's connection";
  return [
    {
      ...tlsRow(side, p, "bool", `True when ${of} speaks TLS`, () => true),
      make: () => (ctx) => (side === "client" ? ctx.clientTls : ctx.serverTls) !== null,
    },
    tlsRow(side, `${p}_alg_keysize`, "sint", `Bits of the cipher of ${of}`, (s) => s.algorithmBits),
    tlsRow(side, `${p}_use_keysize`, "sint", `Bits of the cipher of ${of} that are secret`, (s) => s.keyBits),
    tlsRow(side, `${p}_alpn`, "str", `Protocol chosen by ALPN on ${of}`, (s) => s.alpn),
    neverRow(side, `${p}_npn`, "str", `Protocol chosen by NPN on ${of}`, NO_NPN),
    tlsRow(side, `${p}_cipher`, "str", `Cipher of ${of}`, (s) => s.cipher || null),
    tlsRow(side, `${p}_protocol`, "str", `Version of TLS on ${of}`, (s) => s.version),
    side === "client"
      ? boolRow(`${p}_is_resumed`, `True when the session of ${of} was resumed`, (s) => s.resumed)
      : tlsRow(side, `${p}_is_resumed`, "bool", `True when the session of ${of} was resumed`, (s) => s.resumed),
    tlsRow(side, `${p}_session_id`, "bin", `Identity of the session of ${of}`, (s) => bytes(s.sessionId)),
    tlsRow(side, `${p}_session_key`, "bin", `Master secret of the session of ${of}`, (s) => bytes(s.sessionKey)),
    tlsRow(side, `${p}_unique_id`, "bin", `Channel binding tls-unique of ${of}`, (s) =>
      bytes(s.uniqueId(side === "client")),
    ),
    tlsRow(side, `${p}_err`, "sint", `Error of TLS on ${of}, 0 = none`, () => 0),
    tlsRow(side, `${p}_err_str`, "str", `Error of TLS on ${of} in words`, () => ""),
    neverRow(side, `${p}_server_random`, "bin", `Random value of the server on ${of}`, NO_RANDOM),
  ];
}

const secrets = [
  "client_early_traffic_secret",
  "client_handshake_traffic_secret",
  "client_traffic_secret_0",
  "server_handshake_traffic_secret",
  "server_traffic_secret_0",
  "exporter_secret",
  "early_exporter_secret",
].map((name) => neverRow("client", `ssl_fc_${name}`, "str", "Secret of TLS 1.3, for analysing captures", SECRETS));

export const tlsConnectionFetches: readonly FetchRow[] = [
  ...shared("client"),
  ...shared("server"),
  neverRow("server", "ssl_bc_client_random", "bin", "Random value of the client", NO_RANDOM),
  tlsRow("client", "ssl_fc_client_random", "bin", "Random value of the client, where its hello is kept", (s) =>
    s.hello === null ? null : bytes(s.hello.random),
  ),
  tlsRow("client", "ssl_fc_protocol_hello_id", "sint", "Version in the client's hello, where that is kept", (s) =>
    s.hello === null ? null : s.hello.version,
  ),
  boolRow("ssl_fc_has_sni", "True when the client sent a server name", (s) => s.sni !== ""),
  tlsRow("client", "ssl_fc_sni", "str", "Server name the client sent", (s) => s.sni || null),
  tlsRow("client", "ssl_fc_has_early", "bool", "True when data came before the handshake was over", () => false),
  tlsRow(
    "client",
    "ssl_fc_has_crt",
    "bool",
    "True when the client showed a certificate in this handshake",
    (s) => s.peerDer !== null && !s.resumed,
  ),
  tlsRow("client", "ssl_c_used", "bool", "True when the client showed a certificate", (s) => s.peerDer !== null),
  tlsRow("client", "ssl_c_verify", "sint", "Result of the verification of the client's certificate", (s) => s.verify),
  tlsRow("client", "ssl_c_err", "sint", "First error of the client's certificate itself", (s) => s.crtError),
  tlsRow("client", "ssl_c_ca_err", "sint", "First error of an authority of the client's certificate", (s) => s.caError),
  tlsRow("client", "ssl_c_ca_err_depth", "sint", "Depth of that authority", (s) => s.caErrorDepth),
  ...secrets,
];
