/** What is tracked before there is a session: behind headers of proxies in front, TLS, and rules that refuse. */
import { issue } from "../../../../src/net/tls/certificates.helper.ts";
import { ok, respond } from "../../../harness/server.ts";
import { get, silence } from "../../build.ts";
import type { Scenario, Talk } from "../../scenario.ts";
import { PROBE, probe } from "./tables.ts";

const certificate = await issue({ subject: "CN=main.test", names: ["main.test"] });

const SHOWN = `http-after-response set-header x "${[0, 1]
  .flatMap((n) => ["conn_cnt", "conn_cur", "sess_cnt", "http_req_cnt"].map((name) => `%[sc${n}_${name}]`))
  .join(" ")}"`;

function one(name: string, bind: string, rules: readonly string[], client: Scenario["client"]): Scenario {
  return {
    name: `counters of sessions: ${name}`,
    config: `
defaults
    mode http
    timeout connect 1s
    timeout client 600ms
    timeout server 1s
frontend fe
    bind 127.0.0.1:{fe} ${bind}
    ${rules.join("\n    ")}
    ${SHOWN}
    default_backend be
backend be
    server s1 127.0.0.1:{s1}
${PROBE}`,
    files: { "main.pem": certificate.pem },
    servers: { s1: respond(ok("fine")) },
    client,
    compare: { received: false, clientClose: "closed" },
  };
}

const TRACKS = [
  "tcp-request connection track-sc0 src table {@tab}",
  "tcp-request session track-sc1 src table {@tab}",
] as const;

/** Sends pieces on a connection of its own, then looks at the table while it stands and when it is gone. */
function sends(...pieces: string[]): Scenario["client"] {
  return async (talk: Talk) => {
    const client = await talk.knock();
    await client.drip(pieces, 50);
    await silence(client, 150);
    await probe(talk, "then");
    client.close();
    await talk.sleep(80);
    await probe(talk, "in the end");
  };
}

function sendsOnly(...pieces: string[]): Scenario["client"] {
  return async (talk: Talk) => {
    const client = await talk.connect();
    await client.drip(pieces, 50);
    await silence(client, 100);
    client.close();
  };
}

const HEADER = "PROXY TCP4 10.1.1.1 10.1.1.2 1000 80\r\n";

export const counterSessions: readonly Scenario[] = [
  one("a header of a proxy in front", "accept-proxy", TRACKS, sends(HEADER, get("/"), get("/"))),
  one("a header that is none", "accept-proxy", TRACKS, sends("GET / HTTP/1.1\r\n\r\n")),
  one("a header that does not come", "accept-proxy", TRACKS, async (talk) => {
    const client = await talk.connect();
    await talk.sleep(150);
    await probe(talk, "waiting");
    await client.closed();
    await talk.sleep(60);
    await probe(talk, "in the end");
  }),
  one(
    "a header that rules expect",
    "",
    [...TRACKS, "tcp-request connection expect-proxy layer4"],
    sends(HEADER, get("/")),
  ),
  ...(["ip", "ipv6", "string len 40", "binary len 16", "integer"] as const).flatMap((type) =>
    [HEADER, "PROXY TCP6 2001:db8::1 2001:db8::2 1000 80\r\n", "PROXY TCP6 ::ffff:10.1.1.1 ::1 1000 80\r\n"].map(
      (header): Scenario => ({
        name: `counters of sessions: ${header.slice(6, -2)} in a table of type ${type}`,
        config: `
defaults
    mode http
    timeout connect 1s
    timeout client 600ms
    timeout server 1s
frontend fe
    bind 127.0.0.1:{fe} accept-proxy
    tcp-request session track-sc0 src table {@own}
    http-request return status 200 hdr x "%[sc0_conn_cnt]/%[src_conn_cnt({@own})]/%[src,in_table({@own})]/%[src_updt_conn_cnt({@own})]/%[table_cnt({@own})]/%[src,table_conn_cnt({@own})]"
backend own
    stick-table type ${type} size 10 store conn_cnt
`,
        client: sendsOnly(header, get("/"), get("/")),
        compare: { clientClose: "closed" },
      }),
    ),
  ),
  one("refused by a rule about connections", "", [TRACKS[0], "tcp-request connection reject"], sends(get("/"))),
  one("refused by a rule about sessions", "", [...TRACKS, "tcp-request session reject"], sends(get("/"))),
  one(
    "refused by a rule about content",
    "",
    [...TRACKS, "tcp-request content track-sc2 src table {@tab}", "tcp-request content reject"],
    sends(get("/")),
  ),
  one("dropped by a rule about connections", "", [TRACKS[0], "tcp-request connection silent-drop"], async (talk) => {
    const client = await talk.knock();
    await talk.sleep(100);
    await probe(talk, "in the end");
    client.reset();
  }),
  one("TLS", "ssl crt {file:main.pem}", TRACKS, async (talk) => {
    const client = await talk.connect("fe", { tls: { name: "main.test" } });
    client.send(get("/"));
    await client.response();
    await probe(talk, "then");
    client.close();
    await talk.sleep(80);
    await probe(talk, "in the end");
  }),
  one("a handshake that fails", "ssl crt {file:main.pem}", TRACKS, sends("GET / HTTP/1.1\r\n\r\n")),
  one("a handshake that does not come", "ssl crt {file:main.pem}", TRACKS, async (talk) => {
    const client = await talk.connect();
    await talk.sleep(150);
    await probe(talk, "waiting");
    client.close();
    await talk.sleep(80);
    await probe(talk, "in the end");
  }),
  one(
    "TLS behind a header",
    "accept-proxy ssl crt {file:main.pem}",
    TRACKS,
    sends("PROXY TCP4 10.1.1.1 10.1.1.2 1000 80\r\n", "nonsense"),
  ),
];
