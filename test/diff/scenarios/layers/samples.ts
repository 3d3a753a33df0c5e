/** Samples of every layer of a connection. */
import type { TlsWish } from "../../../harness/client.ts";
import { echo, get, http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { good, revoked, files, V12, V13, listens } from "./tools.ts";

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
export const who = { key: good.key, cert: good.cert };

export const samples: readonly Scenario[] = [
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
