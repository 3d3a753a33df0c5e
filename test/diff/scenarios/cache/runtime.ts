/** `show cache` and counters. */
import { respond } from "../../../harness/server.ts";
import { get, http, post } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { answer, twice, OBJECT, VARY, encoded, asks, nextId } from "./tools.ts";

/** What stands in `show cache` about one cache: without addresses, and with time left in tens of seconds. */
function shown(text: string, id: string): string[] {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => line.includes(`: ${id} (`));
  const to = lines.findIndex((line, i) => i > from && line.includes("(shctx:"));
  return lines
    .slice(from, to < 0 ? lines.length : to)
    .filter((line) => line !== "")
    .map((line) => line.replaceAll(/0x[0-9a-f]+(?=[: ,)])/g, (word) => (word.length === 18 ? word : "0xADDRESS")))
    .map((line) => line.replace(/(?<=vary:0x[0-9a-f]{8})[0-9a-f]{8}/, "HASH"))
    .map((line) => line.replace(/expire:(-?\d+)/, (_, left: string) => `expire:${Math.ceil(Number(left) / 10)}0`));
}

/** The runtime API after some requests. */
function observed(
  name: string,
  cache: string,
  answer: string | ((request: string) => string),
  requests: readonly string[],
): Scenario {
  const id = nextId();
  return {
    name: `cache: ${name}`,
    config: `cache ${id}\n    total-max-size 4\n    max-age 60\n${cache}\n${http({
      backend: `http-request cache-use ${id}\nhttp-response cache-store ${id}`,
    })}`,
    servers: { s1: respond(answer) },
    async client(talk) {
      for (const text of requests) await talk.once(text);
      await talk.logged(requests.length);
      talk.note("show cache", shown(await talk.command("show cache"), id));
    },
  };
}

export const runtime: readonly Scenario[] = [
  observed("show cache: nothing stored", "", answer("Cache-Control: no-store"), twice),
  observed("show cache: one object", "", answer("Cache-Control: max-age=55"), twice),
  observed("show cache: with Age", "", answer("Cache-Control: max-age=55", "Age: 5"), twice),
  observed(
    "show cache: several",
    "",
    answer("Cache-Control: max-age=55"),
    ["/1", "/2", "/3", "/4"].map((path) => get(path)),
  ),
  observed(
    "show cache: chunks",
    "",
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=55\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    twice,
  ),
  observed(
    "show cache: trailers",
    "",
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=55\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\nX-U: 22\r\n\r\n",
    twice,
  ),
  observed(
    "show cache: several blocks",
    "",
    `HTTP/1.1 200 OK\r\nCache-Control: max-age=55\r\nContent-Length: 5000\r\n\r\n${"x".repeat(5000)}`,
    twice,
  ),
  observed("show cache: deleted", "", (text) => (text.startsWith("GET") ? OBJECT : answer()), [
    get("/x"),
    post("/x", "a"),
  ]),
  observed("show cache: vary", VARY, encoded, [asks("gzip", "gzip"), asks("gzip")]),
  {
    name: "cache: counters in show stat",
    alone: true,
    config: `cache counted\n    total-max-size 4\n${http({
      frontend: "http-request cache-use counted if { path_beg /f }\nhttp-response cache-store counted",
      backend: "http-request cache-use counted if { path_beg /b }",
    })}`,
    servers: { s1: respond(OBJECT) },
    async client(talk) {
      const texts = [get("/f"), get("/f"), get("/f"), get("/b"), get("/b"), post("/b", "x"), get("/other")];
      for (const text of texts) await talk.once(text);
      await talk.logged(texts.length);
      const rows = (await talk.command("show stat")).split("\n").map((line) => line.split(","));
      const columns = [
        "cache_lookups",
        "cache_hits",
        "stot",
        "req_tot",
        "hrsp_2xx",
        "intercepted",
        "bin",
        "bout",
        "lbtot",
      ];
      for (const row of rows.slice(1).filter((one) => one.length > 1)) {
        const named = columns.map((column) => `${column}=${row[rows[0]!.indexOf(column)]}`);
        talk.note(`${row[0]!.replace(/-\d+$/, "")} ${row[1]}`, named.join(" "));
      }
    },
  },
];
