/** When each counter of a tracked entry goes up: every place that tracks, under every kind of traffic. */
import { ErrorCode, frame, FrameType, H2Peer, request as h2Request, u32 } from "../../harness/h2.ts";
import type { ServerScript } from "../../harness/server.ts";
import { ok, respond } from "../../harness/server.ts";
import { get, post, request, silence } from "../build.ts";
import type { CompareOptions, Scenario, Talk } from "../scenario.ts";

const COUNTERS = [
  "conn_cnt",
  "conn_cur",
  "conn_rate",
  "sess_cnt",
  "sess_rate",
  "http_req_cnt",
  "http_req_rate",
  "http_err_cnt",
  "http_err_rate",
  "http_fail_cnt",
  "http_fail_rate",
  "bytes_in_rate",
  "bytes_out_rate",
  "kbytes_in",
  "kbytes_out",
  "trackers",
] as const;

/** Periods that no scenario sees the end of: rates are counts. */
export const EVERYTHING =
  "conn_cnt,conn_cur,conn_rate(1h),sess_cnt,sess_rate(1h),http_req_cnt,http_req_rate(1h),http_err_cnt,http_err_rate(1h),http_fail_cnt,http_fail_rate(1h),bytes_in_cnt,bytes_in_rate(1h),bytes_out_cnt,bytes_out_rate(1h)";

/** A frontend that tells what the table has for a client, and tracks nothing itself. */
export const PROBE = `
frontend probe
    bind 127.0.0.1:{probe}
    http-request return status 200 content-type text/plain lf-string "${COUNTERS.map(
      (name) => `${name}=%[src,table_${name}({@tab})]`,
    ).join(" ")}"
backend tab
    stick-table type ip size 100 expire 1m store ${EVERYTHING}
`;

export interface Place {
  readonly name: string;
  readonly defaults?: string;
  readonly frontend?: string;
  readonly backend?: string;
}

const places: readonly Place[] = [
  { name: "connection", frontend: "tcp-request connection track-sc0 src table {@tab}" },
  { name: "session", frontend: "tcp-request session track-sc0 src table {@tab}" },
  { name: "content", frontend: "tcp-request content track-sc0 src table {@tab}" },
  { name: "request", frontend: "http-request track-sc0 src table {@tab}" },
  { name: "backend's content", backend: "tcp-request content track-sc0 src table {@tab}" },
  { name: "backend's request", backend: "http-request track-sc0 src table {@tab}" },
  { name: "response", frontend: "http-response track-sc0 src table {@tab}" },
  {
    name: "connection and request, other counters",
    frontend:
      "tcp-request connection track-sc0 src table {@tab}\nhttp-request track-sc1 src table {@tab}\nhttp-request track-sc2 src table {@tab}",
  },
  {
    name: "connection and request, the same counter",
    frontend: "tcp-request connection track-sc0 src table {@tab}\nhttp-request track-sc0 src table {@tab}",
  },
];

/** What the table says now. */
export async function probe(talk: Talk, key: string): Promise<void> {
  const text = await talk.once(get("/"), "probe");
  const values = text.slice(text.indexOf("\r\n\r\n") + 4).split(" ");
  talk.note(key, values.filter((value) => !value.endsWith("=0")).join(" "));
}

const status = (code: number): string => `HTTP/1.1 ${code} X\r\nContent-Length: 0\r\n\r\n`;

const server: ServerScript = respond((text) => {
  const [, target = "/"] = text.split(" ");
  const code = Number(/^\/(\d{3})/.exec(target)?.[1] ?? 200);
  if (code !== 200) return status(code);
  return ok("x".repeat(Number(/big=(\d+)/.exec(target)?.[1] ?? 10)));
});

interface Traffic {
  readonly name: string;
  readonly rules?: string;
  readonly backendRules?: string;
  readonly defaults?: string;
  readonly server?: ServerScript | null;
  readonly compare?: CompareOptions;
  /** Only where requests begin. */
  readonly client: Scenario["client"];
}

/** Requests on one connection, each answered before the next; the table is looked at behind each and at the end. */
function keepAlive(...requests: string[]): Scenario["client"] {
  return async (talk) => {
    const client = await talk.connect();
    for (const [index, text] of requests.entries()) {
      client.send(text);
      await Promise.race([client.response().catch(() => {}), client.closed().catch(() => {})]);
      await silence(client, 60);
      await probe(talk, `after request ${index}`);
      if (client.closeKind !== "open") break;
    }
    client.close();
    await talk.sleep(60);
    await probe(talk, "in the end");
  };
}

const one = (text: string): Scenario["client"] => keepAlive(text);

const traffic: readonly Traffic[] = [
  { name: "three requests", client: keepAlive(get("/a"), get("/b?big=3000"), post("/c", "y".repeat(2500))) },
  {
    name: "answers of the server",
    client: keepAlive(...[404, 401, 500, 501, 502, 503, 505, 400, 302].map((code) => get(`/${code}`))),
  },
  {
    name: "answers of rules",
    rules: [
      "http-request deny if { path /deny }",
      "http-request deny deny_status 500 if { path /deny500 }",
      "http-request deny deny_status 429 if { path /deny429 }",
      "http-request return status 200 if { path /ok }",
      "http-request return status 404 if { path /nothing }",
      "http-request redirect location /x if { path /redirect }",
      "http-request auth if { path /auth }",
    ].join("\n"),
    client: keepAlive(
      ...["deny", "deny500", "deny429", "ok", "nothing", "redirect", "auth"].map((name) => get(`/${name}`)),
    ),
  },
  {
    name: "refused by the backend",
    backendRules: "http-request deny if { path /deny }\nhttp-request return status 404 if { path /nothing }",
    client: keepAlive(get("/deny"), get("/nothing")),
  },
  {
    name: "refused responses",
    backendRules: "http-response deny if { status 201 }\nhttp-response return status 404 if { status 202 }",
    client: keepAlive(get("/201"), get("/202"), get("/200")),
  },
  {
    name: "tarpit",
    rules: "http-request tarpit if { path /tarpit }",
    defaults: "timeout tarpit 250ms",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/tarpit"));
      await talk.sleep(100);
      await probe(talk, "in the tarpit");
      await client.closed();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  { name: "reject", rules: "http-request reject if { path /reject }", client: one(get("/reject")) },
  { name: "malformed", client: one("GET / HTTP/1.1\r\nBad Header\r\n\r\n") },
  {
    name: "malformed behind a good one",
    client: keepAlive(get("/a"), "GET /\r\n\r\n"),
  },
  { name: "a body that is malformed", client: one(request("POST", "/", ["Transfer-Encoding: chunked"], "zz\r\n")) },
  {
    name: "a body that goes wrong later",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(request("POST", "/", ["Transfer-Encoding: chunked"], "3\r\nabc\r\n"));
      for (let i = 0; i < 100 && talk.server("s1").peers.length === 0; i++) await talk.sleep(20);
      client.send("zz\r\n");
      await client.closed();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "leaves in the body",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(request("POST", "/", ["Content-Length: 100"], "abc"));
      await talk.sleep(50);
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "a body that is too slow",
    defaults: "option http-buffer-request\n    timeout http-request 150ms",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(request("POST", "/", ["Content-Length: 100"], "abc"));
      await client.closed();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "leaves in the second head",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/"));
      await client.response();
      client.send("GET / HTTP/1.1\r\n");
      await talk.sleep(50);
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "the second head is too slow",
    defaults: "timeout http-request 150ms",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/"));
      await client.response();
      client.send("GET / HTTP/1.1\r\n");
      await client.closed();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "probes are ignored",
    defaults: "option http-ignore-probes",
    client: async (talk) => {
      const client = await talk.connect();
      await talk.sleep(50);
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "leaves without a word",
    client: async (talk) => {
      const client = await talk.connect();
      await talk.sleep(50);
      await probe(talk, "connected");
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "leaves in the head",
    client: async (talk) => {
      const client = await talk.connect();
      client.send("GET / HTTP/1.1\r\n");
      await talk.sleep(50);
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "too slow",
    defaults: "timeout http-request 150ms",
    client: async (talk) => {
      const client = await talk.connect();
      client.send("GET / HTTP/1.1\r\n");
      await client.closed();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "silent too long",
    defaults: "timeout http-request 150ms",
    client: async (talk) => {
      const client = await talk.connect();
      await client.closed();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "leaves before the answer",
    server: async (peer) => {
      await peer.request(600_000);
      await Bun.sleep(300);
      peer.send(ok("late"));
    },
    compare: { servers: false },
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/"));
      await talk.sleep(60);
      await probe(talk, "waiting");
      client.close();
      await talk.sleep(400);
      await probe(talk, "in the end");
    },
  },
  { name: "no server", defaults: "retries 0", server: null, client: one(get("/")) },
  {
    name: "server says nothing",
    defaults: "timeout server 150ms",
    server: async (peer) => void (await peer.request(600_000)),
    client: one(get("/")),
  },
  {
    name: "server ends at once",
    server: async (peer) => {
      await peer.request(600_000);
      peer.close();
    },
    client: one(get("/")),
  },
  { name: "server talks nonsense", server: respond("nonsense\r\n\r\n"), client: one(get("/")) },
  {
    name: "server ends in the body",
    server: async (peer) => {
      await peer.request(600_000);
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc");
      await Bun.sleep(30);
      peer.close();
    },
    client: one(get("/")),
  },
  {
    name: "three connections at a time",
    client: async (talk) => {
      const clients = [await talk.connect(), await talk.connect(), await talk.connect()];
      for (const client of clients) {
        client.send(get("/"));
        await client.response();
      }
      await probe(talk, "all open");
      clients[1]!.close();
      await talk.sleep(60);
      await probe(talk, "one less");
      clients[0]!.close();
      clients[2]!.close();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "h2",
    client: async (talk) => {
      const client = await talk.connect();
      const h2 = new H2Peer(client, "client");
      for (const path of ["/a", "/404", "/500"]) {
        await h2.response(h2.request(h2Request("GET", path)));
        await talk.sleep(40);
        await probe(talk, `after ${path}`);
      }
      client.close();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "h2, taken back",
    server: async (peer) => {
      await peer.request(600_000);
      await Bun.sleep(400);
      peer.send(ok("late"));
    },
    compare: { servers: false },
    client: async (talk) => {
      const client = await talk.connect();
      const h2 = new H2Peer(client, "client");
      const id = h2.request(h2Request("GET", "/"));
      await talk.sleep(150);
      await probe(talk, "waiting");
      client.send(frame(FrameType.RST_STREAM, 0, id, u32(ErrorCode.CANCEL)));
      await talk.sleep(600);
      await probe(talk, "taken back");
      client.close();
      await talk.sleep(60);
      await probe(talk, "in the end");
    },
  },
  {
    name: "rejected by content",
    rules: "tcp-request content reject if { path /reject }",
    client: keepAlive(get("/a"), get("/reject")),
  },
  {
    name: "rejected response",
    backendRules: "tcp-response inspect-delay 1s\n    tcp-response content reject if { status 404 }",
    client: keepAlive(get("/a"), get("/404")),
  },
  {
    name: "server resets in the request",
    server: async (peer) => {
      await peer.until("\r\n\r\n");
      peer.reset();
    },
    compare: { servers: false },
    client: async (talk) => {
      const client = await talk.connect();
      client.send(request("POST", "/", ["Content-Length: 100"], "abc"));
      await client.closed().catch(() => {});
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "tried again",
    defaults: "retry-on 503 empty-response\n    retries 2",
    server: async (peer, index) => {
      await peer.request(600_000);
      if (index === 0) peer.close();
      else peer.send(index === 1 ? status(503) : ok("third time"));
    },
    compare: { servers: false },
    client: one(get("/")),
  },
  {
    name: "the body is waited for in vain",
    rules: "http-request wait-for-body time 150ms",
    client: async (talk) => {
      const client = await talk.connect();
      client.send(request("POST", "/", ["Content-Length: 100"], "abc"));
      await client.closed();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  {
    name: "tunnel",
    server: async (peer) => {
      await peer.until("\r\n\r\n");
      peer.send("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nwelcome");
      await peer.until("bye", 600_000);
      peer.close();
    },
    client: async (talk) => {
      const client = await talk.connect();
      client.send(get("/", "Connection: upgrade", "Upgrade: x"));
      await client.until("welcome");
      await probe(talk, "in the tunnel");
      client.send("bye");
      await client.closed();
      client.close();
      await talk.sleep(80);
      await probe(talk, "in the end");
    },
  },
  { name: "a head that is too large", client: one(get("/", `X-Big: ${"x".repeat(20_000)}`)) },
  { name: "answers without a body", client: keepAlive(request("HEAD", "/a"), get("/204"), get("/304")) },
  {
    name: "status set by a rule",
    backendRules: "http-response set-status 404 if { status 201 }\n    http-response set-status 200 if { status 500 }",
    client: keepAlive(get("/201"), get("/500")),
  },
  {
    name: "monitor",
    rules: "monitor-uri /alive",
    client: one(get("/alive")),
  },
];

function scenario(place: Place, kind: Traffic): Scenario {
  return {
    name: `counters: ${place.name}: ${kind.name}`,
    config: `
defaults
    mode http
    timeout connect 1s
    timeout client 3s
    timeout server 3s
    ${[place.defaults, kind.defaults].filter((line) => line !== undefined).join("\n    ")}
frontend fe
    bind 127.0.0.1:{fe}
    ${place.frontend ?? ""}
    ${kind.rules ?? ""}
    default_backend be
backend be
    ${place.backend ?? ""}
    ${kind.backendRules ?? ""}
    server s1 127.0.0.1:{s1}
${PROBE}`,
    servers: kind.server === null ? {} : { s1: kind.server ?? server },
    compare: { received: false, clientClose: "closed", ...kind.compare },
    client: kind.client,
  };
}

/** Of these two places all kinds of traffic, of the others what they may see otherwise. */
const THOROUGH = ["connection", "request"];
const TYPICAL = [
  "three requests",
  "answers of the server",
  "answers of rules",
  "refused by the backend",
  "refused responses",
  "tarpit",
  "malformed behind a good one",
  "leaves in the body",
  "no server",
  "server ends at once",
  "three connections at a time",
  "h2",
];

export const counters: readonly Scenario[] = places.flatMap((place) =>
  traffic
    .filter(({ name }) => THOROUGH.includes(place.name) || TYPICAL.includes(name))
    .map((kind) => scenario(place, kind)),
);
