/** Certificates of clients. */
import type { TlsWish } from "../../../harness/client.ts";
import { echo, get } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import {
  middle,
  foreignOld,
  strangerOld,
  revokedOld,
  notCa,
  ofNotCa,
  tired,
  ofTired,
  foreign,
  ofForeign,
  good,
  chained,
  old,
  revoked,
  stranger,
  files,
  tlsFront,
  V12,
  certificate,
} from "./tools.ts";

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

export const clients: readonly Scenario[] = [
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
  client("of an authority that has expired", "verify required", certificate(ofTired, tired)),
  client("of an authority that has expired, ignored", "verify required ca-ignore-err 10", certificate(ofTired, tired)),
  client(
    "of an authority that has expired, ignored for certificates alone",
    "verify required crt-ignore-err 10",
    certificate(ofTired, tired),
  ),
  client("of another authority with its chain", "verify required", certificate(ofForeign, foreign)),
  client(
    "of another authority with its chain, ignored",
    "verify optional ca-ignore-err all crt-ignore-err all",
    certificate(ofForeign, foreign),
  ),
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
  client(
    "of a certificate that is no authority, dates ignored",
    "verify required crt-ignore-err 10",
    certificate(ofNotCa, notCa),
  ),
  client("ca-verify-file alone", "verify required ca-verify-file {file:ca.pem}", certificate(good)),
  client("with its chain", "verify required", certificate(chained, middle)),
];
