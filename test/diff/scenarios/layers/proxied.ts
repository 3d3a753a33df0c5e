import { H2Peer, request as h2Request } from "../../../harness/h2.ts";
import { ok, respond } from "../../../harness/server.ts";
import type { Scenario } from "../../scenario.ts";
import { files, OPEN, listens } from "./tools.ts";

const SIGNED = "PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n";
const FACTS = 'log-format "%ci %[src] %[dst] %[dst_port] %[fc_src] %[fc_rcvd_proxy] %[fc_http_major] %ts"';
const front = "http-request set-header X-Facts %[src]/%[dst]/%[fc_src]/%[fc_rcvd_proxy]";

/** PROXY headers before HTTP/2, and rules about content with it. */
const behind = (name: string, words: string, header: string, frontend = front): Scenario => ({
  name: `layers: HTTP/2 behind a PROXY header, ${name}`,
  config: listens(words, { defaults: FACTS, frontend }),
  files,
  servers: { s1: respond((text) => ok(text)) },
  async client(talk) {
    const peer = await talk.knock();
    if (header !== "") peer.send(header);
    const h2 = new H2Peer(peer, "client");
    for (let i = 0; i < 2; i++) talk.note(`/${i}`, await h2.response(h2.request(h2Request("GET", `/${i}`)), 1200));
    await talk.logged(1, 500).catch(() => {});
  },
  compare: OPEN,
});

export const proxied: readonly Scenario[] = [
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
