/** What a connection speaks: by ALPN, or by an upgrade that is refused. */
import type { TlsWish } from "../../../harness/client.ts";
import { H2Peer, request as h2Request } from "../../../harness/h2.ts";
import { ok, respond } from "../../../harness/server.ts";
import { echo, get, http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { files, V12, V13, OPEN, listens } from "./tools.ts";

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

export const protocols: readonly Scenario[] = [
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
export const upgrades: readonly Scenario[] = [
  wished("GET", get("/1", ...H2C)),
  wished("GET with a body", `${get("/1", ...H2C, "Content-Length: 4")}body`),
  wished("beside another protocol", get("/1", "Connection: Upgrade", "Upgrade: h2c, websocket")),
  wished("in TLS's name", get("/1", "Connection: Upgrade", "Upgrade: h2")),
];
