/** HTTP/2 on both sides. */
import { type Answer, echo, type Fields, H2Peer, request, respondH2 } from "../../../harness/h2.ts";
import { http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { both, get, answers } from "./tools.ts";

function through(name: string, fields: Fields, answer: Answer, body?: string, trailers?: Fields): Scenario {
  return {
    name: `h2 to h2: ${name}`,
    config: http({ servers: { s1: "proto h2" } }),
    servers: { s1: respondH2(answer) },
    compare: both,
    async client(talk) {
      const h2 = new H2Peer(await talk.connect(), "client");
      const id = h2.request(fields, body, trailers !== undefined);
      if (trailers !== undefined) h2.head(id, trailers, true);
      talk.note("response", await h2.response(id));
      await talk.logged(1);
    },
  };
}

export const onBothSides: readonly Scenario[] = [
  through("GET", get, echo),
  through("POST", request("POST", "/x"), echo, "hello"),
  through("POST with a length", request("POST", "/x", ["content-length", "5"]), echo, "hello"),
  through(
    "trailers both ways",
    request("POST", "/x", ["te", "trailers"]),
    answers([[":status", "200"]], "body", [["grpc-status", "0"]]),
    "hello",
    [["x-t", "1"]],
  ),
  through("cookie crumbs", request("GET", "/", ["cookie", "a=1"], ["cookie", "b=2"]), echo),
  through(
    "HEAD",
    request("HEAD", "/"),
    answers([
      [":status", "200"],
      ["content-length", "7"],
    ]),
  ),
  through("an answer without body", get, answers([[":status", "204"]])),
  through(
    "scheme https",
    [
      [":method", "GET"],
      [":scheme", "https"],
      [":authority", "example.test"],
      [":path", "/x"],
    ],
    echo,
  ),
];
