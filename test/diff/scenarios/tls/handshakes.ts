/** Connections that do not finish their handshake, and what is read of a hello. */
import { hello } from "../../../../src/expr/hello.helper.ts";
import type { TlsWish } from "../../../harness/client.ts";
import type { Peer } from "../../../harness/peer.ts";
import { echo, get, silence } from "../../build.ts";
import type { Scenario, Talk } from "../../scenario.ts";
import { files, tlsFront, V12 } from "./tools.ts";

type Play = (peer: Peer, talk: Talk) => Promise<void> | void;

/** What happens to a connection that does not finish its handshake; `words`: of the bind line. */
const broken = (name: string, play: Play, lines = "", words = "crt {file:main.pem}"): Scenario => ({
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
const byName = (name: string, play: Play): Scenario =>
  broken(`versions by name, ${name}`, play, "", "crt-list {file:versions.txt}");

const ofSecond = hello({ name: "second.test", alpn: [], groups: true, ticket: -1 });

/** How a client does not finish. */
const plays: readonly (readonly [name: string, play: Play])[] = [
  ["closed at once", (peer) => peer.close()],
  ["FIN at once", (peer) => peer.shutdown()],
  [
    "reset at once",
    async (peer, talk) => {
      await talk.sleep(50);
      peer.reset();
    },
  ],
  ["plain HTTP", (peer) => peer.send(get("/"))],
  ["junk", (peer) => peer.send("junk junk junk junk")],
  [
    "half a hello, then FIN",
    async (peer, talk) => {
      peer.send("\x16\x03\x01\x02\x00\x01\x00");
      await talk.sleep(50);
      peer.shutdown();
    },
  ],
  ["silence", () => {}],
  ["half a hello, then silence", (peer) => peer.send("\x16\x03\x01\x02\x00\x01\x00")],
];

export const handshakes: readonly Scenario[] = [
  ...plays.map(([name, play]) => byName(name, play)),
  byName("a hello and nothing more", (peer) => peer.send(ofSecond)),
  byName("a hello, then FIN", async (peer, talk) => {
    peer.send(ofSecond);
    await talk.sleep(50);
    peer.shutdown();
  }),
  ...plays.map(([name, play]) => broken(name, play)),
  broken("closed at once, dontlognull", (peer) => peer.close(), "option dontlognull"),
  broken("silence, separate errors", () => {}, "option log-separate-errors"),
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

export const hellos: readonly Scenario[] = [
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
