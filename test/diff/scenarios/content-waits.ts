/** mode http: rules about content that wait for the body of the response, and clients that leave a tarpit in the middle of their request. */
import type { ServerScript } from "../../harness/server.ts";
import { get, http, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";

type Piece = readonly [ms: number, text: string];

const HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
const WHOLE: readonly Piece[] = [[50, `${HEAD}helloworld`]];
const PARTS: readonly Piece[] = [
  [50, HEAD],
  [50, "hello"],
  [150, "world"],
];
const CHUNKS: readonly Piece[] = [
  [50, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
  [100, "5\r\nworld\r\n0\r\n\r\n"],
];
const UNTIL_CLOSE: readonly Piece[] = [
  [50, "HTTP/1.1 200 OK\r\n\r\nhello"],
  [100, "world"],
  [50, "FIN"],
];
const CUT: readonly Piece[] = [
  [50, `${HEAD}hello`],
  [100, "FIN"],
];
const STALLED: readonly Piece[] = [[50, `${HEAD}hello`]];

function sends(pieces: readonly Piece[]): ServerScript {
  return async (peer) => {
    await peer.request(600_000);
    for (const [ms, text] of pieces) {
      await peer.sleep(ms);
      if (text === "FIN") peer.close();
      else peer.send(text);
    }
  };
}

/** `rules` of the backend, each behind "tcp-response content". */
function response(name: string, pieces: readonly Piece[], delay: string, ...rules: string[]): Scenario {
  const lines = rules.map((rule) => (rule.startsWith("http") ? rule : `tcp-response content ${rule}`));
  return {
    name: `content waits: ${name}`,
    config: http({
      defaults: "timeout server 600ms",
      backend: `tcp-response inspect-delay ${delay}\n${lines.join("\n")}`,
    }),
    servers: { s1: sends(pieces) },
    async client(talk) {
      const client = await talk.connect();
      client.send(get("/"));
      await talk.logged(1, 3000);
      await silence(client);
    },
  };
}

const HELLO = "reject if { res.body -m sub hello }";
const WORLD = "reject if { res.body -m sub world }";
const LENGTH = "set-var(txn.n) res.body_len\nhttp-response set-header X-N %[var(txn.n)]";

const responses: readonly Scenario[] = [
  response("the whole body, seen", WHOLE, "1s", WORLD),
  response("the whole body, not seen", WHOLE, "1s", "reject if { res.body -m sub other }"),
  response("the first part is enough", PARTS, "1s", HELLO),
  response("the last part", PARTS, "1s", WORLD),
  response("the last part behind the delay", PARTS, "150ms", WORLD),
  response("the end of it", PARTS, "1s", "accept if WAIT_END", `${LENGTH}`),
  response("the end of the delay", PARTS, "150ms", "accept if WAIT_END"),
  response("so many bytes", PARTS, "1s", "reject if { res.len gt 100000 }"),
  response("nothing but the head", PARTS, "1s", "reject if { res.body_len gt 7 }", "reject if { status 404 }"),
  response("chunks", CHUNKS, "1s", WORLD),
  response("chunks, to the end", CHUNKS, "1s", "accept if WAIT_END"),
  response("until the close", UNTIL_CLOSE, "1s", WORLD),
  response("until the close, to the end", UNTIL_CLOSE, "1s", "accept if WAIT_END"),
  response("a body that is cut", CUT, "1s", "accept if WAIT_END"),
  response("the time of the server", STALLED, "2s", "accept if WAIT_END"),
  response(
    "then http-response waits",
    PARTS,
    "150ms",
    "accept if WAIT_END",
    "http-response wait-for-body time 500ms",
    "http-response set-header X-Body %[res.body]",
  ),
];

const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234";

/** `steps` of the client in the tarpit; 400 ms. */
function tarpit(name: string, option: string, ...steps: readonly Piece[]): Scenario {
  return {
    name: `content waits: in the tarpit ${name}, ${option || "by default"}`,
    config: http({ defaults: `${option}\ntimeout tarpit 400ms`, frontend: "http-request tarpit" }),
    servers: {},
    async client(talk) {
      const client = await talk.connect();
      client.send(POST);
      for (const [ms, text] of steps) {
        await talk.sleep(ms);
        if (text === "FIN") client.shutdown();
        else if (text === "RST") client.reset();
        else client.send(text);
      }
      await talk.logged(1, 2000);
      await silence(client);
    },
  };
}

const OPTIONS = ["", "option http-buffer-request", "option abortonclose", "timeout client 150ms"];
const tarpits: readonly Scenario[] = OPTIONS.flatMap((option) => [
  tarpit("a part, then FIN", option, [60, "FIN"]),
  tarpit("a part, then a reset", option, [60, "RST"]),
  tarpit("the rest, then FIN", option, [60, "56789"], [60, "FIN"]),
  tarpit("the rest", option, [60, "56789"]),
  tarpit("the rest in parts", option, [100, "567"], [100, "8"], [100, "9"]),
]);

export const contentWaits: readonly Scenario[] = [
  ...responses,
  ...tarpits,
  tarpit("a part, then nothing", "timeout client 150ms"),
];
