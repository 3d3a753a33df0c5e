/** From HTTP/1 to servers that speak HTTP/2. */
import { type Answer, echo, respondH2 } from "../../../harness/h2.ts";
import { ok, respond } from "../../../harness/server.ts";
import { http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { answers, get1, HINT, OK } from "./tools.ts";

/** A request over HTTP/1 to a server that speaks HTTP/2 and echoes what it got. */
function forward(name: string, text: string, answer: Answer = echo, frontend = ""): Scenario {
  return {
    name: `h1 to h2: ${name}`,
    config: http({ frontend, servers: { s1: "proto h2" } }),
    servers: { s1: respondH2(answer) },
    compare: { servers: false },
    async client(talk) {
      const client = await talk.connect();
      client.send(text);
      await client.response({ bodyless: text.startsWith("HEAD ") });
      await talk.logged(1);
    },
  };
}

export const toServers: readonly Scenario[] = [
  {
    name: "h1: set-uri, absolute",
    config: http({ frontend: "http-request set-uri http://other.test/new" }),
    servers: { s1: respond(ok("x")) },
    async client(talk) {
      await talk.once(get1());
    },
  },
  forward("GET", "GET /x?y HTTP/1.1\r\nHost: example.test\r\nX-A: 1\r\nAccept: */*\r\n\r\n"),
  forward(
    "HEAD",
    "HEAD /x HTTP/1.1\r\nHost: example.test\r\n\r\n",
    answers([
      [":status", "200"],
      ["content-length", "5"],
    ]),
  ),
  forward("POST with a length", "POST /x HTTP/1.1\r\nHost: example.test\r\nContent-Length: 5\r\n\r\nhello"),
  forward(
    "POST in chunks",
    "POST /x HTTP/1.1\r\nHost: example.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
  ),
  forward(
    "POST in chunks with trailers",
    "POST /x HTTP/1.1\r\nHost: example.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
  ),
  forward(
    "hop by hop headers",
    "GET / HTTP/1.1\r\nHost: example.test\r\nConnection: keep-alive, x-hop\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nX-Hop: 1\r\nTE: trailers\r\nCookie: a=1; b=2\r\n\r\n",
  ),
  forward("absolute target", "GET http://example.test/abs?x HTTP/1.1\r\nHost: example.test\r\n\r\n"),
  forward("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: example.test\r\n\r\n"),
  forward("HTTP/1.0", "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", answers(OK, "ok")),
  forward(
    "an answer with a length",
    get1(),
    answers(
      [
        [":status", "200"],
        ["content-length", "4"],
        ["x-a", "b"],
      ],
      "body",
    ),
  ),
  forward("an answer without a length", get1(), answers([[":status", "200"]], "body")),
  forward("an answer with trailers", get1(), answers([[":status", "200"]], "body", [["x-t", "1"]])),
  forward("204", get1(), answers([[":status", "204"]])),
  forward("404 without body", get1(), answers([[":status", "404"]])),
  forward("interim responses", get1(), (h2, id) => {
    h2.head(id, HINT, false);
    h2.head(id, OK, false);
    h2.data(id, "ok", true);
  }),
  forward(
    "response rules",
    get1(),
    answers(OK, "ok"),
    "http-response set-header x-new 1\nhttp-response set-status 201 reason Made",
  ),
  forward("a reset stream", get1(), (h2, id) => h2.reset(id, 2)),

  {
    name: "h1 to h2: retry-on empty-response after a reset stream",
    config: http({
      backend: "retry-on conn-failure empty-response\nretries 2\noption redispatch",
      servers: { s1: "proto h2" },
    }),
    servers: {
      s1: (peer, index) =>
        respondH2(
          index === 0
            ? (h2) => h2.peer.reset()
            : answers(
                [
                  [":status", "200"],
                  ["content-length", "2"],
                ],
                "ok",
              ),
        )(peer, index),
    },
    compare: { servers: false },
    async client(talk) {
      await talk.once(get1());
      await talk.logged(1);
    },
  },
];
