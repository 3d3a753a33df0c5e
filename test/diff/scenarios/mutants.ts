/** What comparing random messages found: odd responses, what is no request, and how both are counted. */
import type { ServerScript } from "../../harness/server.ts";
import { ok, respond } from "../../harness/server.ts";
import { chunked, echo, get, http, plays, playsAndCloses, request, sends, switching, upgradeFields } from "../build.ts";
import type { Lines } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";
import { mirror } from "../build.ts";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

const FRONT = ["req_tot", "hrsp_4xx", "hrsp_5xx", "hrsp_other", "ereq", "bin", "bout"];
const BACK = [
  "req_tot",
  "hrsp_2xx",
  "hrsp_5xx",
  "hrsp_other",
  "eresp",
  "econ",
  "cli_abrt",
  "srv_abrt",
  "connect",
  "reuse",
];

/** Requests, responses and errors so far, of both proxies. */
export async function counts(talk: Talk): Promise<void> {
  await talk.sleep(60);
  talk.note("frontend", await talk.stats("fe", ...FRONT));
  talk.note("backend", await talk.stats("be", ...BACK));
}

/** Pieces of one client, in mode http; what came of them is counted. */
export function scenario(name: string, lines: Lines, s1: ServerScript, pieces: readonly string[]): Scenario {
  return {
    name: `mutants: ${name}`,
    config: http(lines),
    servers: { s1 },
    async client(talk) {
      await sends(...pieces)(talk);
      await counts(talk);
    },
  };
}

/** What is still on its way counts only at its end in HAProxy. */
function uncounted(name: string, lines: Lines, s1: ServerScript, pieces: readonly string[]): Scenario {
  return { ...scenario(name, lines, s1, pieces), client: sends(...pieces) };
}

/** Error files for what is no request: only an empty one counts. */
const pages = ["/dev/null", "{file:page}", "{file:empty}"].flatMap((file) =>
  [
    "BAD\r\n\r\n",
    get("/", "Host: other"),
    request("POST", "/", ["Transfer-Encoding: chunked"], "z\r\n"),
    "GET / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx",
  ].map((text): Scenario => ({
    ...scenario(`errorfile 400 ${file} and ${JSON.stringify(text)}`, { defaults: `errorfile 400 ${file}` }, echo, [
      text,
    ]),
    files: { page: "HTTP/1.0 400 Mine\r\nContent-Length: 4\r\n\r\nmine", empty: "" },
  })),
);

const te = ["trailers, gzip", "gzip", "", "Trailers", "gzip, trailers;q=1", "gzip,trailers, x", "trailers"].map(
  (value) =>
    scenario(
      `TE: ${value}`,
      { frontend: 'http-request set-header X-T "%[req.hdr(te)]|%[req.hdr_cnt]|%[req.hdrs,hex]"' },
      mirror,
      [get("/", `TE: ${value}`)],
    ),
);

const lists = ["TE, x,,keep-alive", "x,", "x, ,", ",x", "close,,x,,", "x,close,"].map((value) =>
  scenario(`Connection: ${value}`, {}, mirror, [get("/", `Connection: ${value}`)]),
);

const pretends = ["httpclose", "http-server-close", "http-keep-alive"].flatMap((mode) =>
  ["1.0", "1.1"].flatMap((version) =>
    ["", "Connection: keep-alive\r\n", "Connection: close\r\n", "Connection: upgrade, keep-alive\r\n"].map((field) =>
      scenario(
        `pretend-keepalive, ${mode}, ${version}, ${field.trim()}`,
        { defaults: `option ${mode}\noption http-pretend-keepalive` },
        mirror,
        [`GET / HTTP/${version}\r\nHost: a\r\n${field}\r\n`],
      ),
    ),
  ),
);

/** An interim response that speaks of the connection, and then a good one. */
const interims = ["close", "keep-alive", "upgrade"].flatMap((value) =>
  ["HTTP/1.1 100 Continue", "HTTP/1.1 103 Early Hints", "HTTP/1.0 100 Continue"].map((line) =>
    scenario(`${line} with Connection: ${value}`, {}, respond(`${line}\r\nConnection: ${value}\r\n\r\n${ok("hi")}`), [
      get("/1"),
      get("/2"),
    ]),
  ),
);

/** An interim response with something malformed behind it. */
const spoilt = [
  [`${CONTINUE}junk\r\n\r\n`],
  [`${CONTINUE}${CHUNKED}zz\r\n`],
  [CONTINUE, "junk\r\n\r\n"],
  [`${CONTINUE}${CONTINUE}`, `${CONTINUE}junk\r\n\r\n`],
  [`${CONTINUE}HTTP/1.1 101 Switching Protocols\r\n\r\n`],
].map((pieces) => scenario(`interim, then ${JSON.stringify(pieces)}`, {}, plays(...pieces), [get()]));

/** Chunks that go wrong when the response has begun. */
const broken = [
  [`${CHUNKED}3\r\nABC`, "x\r\n"],
  [`${CHUNKED}3\r\nABC\r\n`, "zz\r\n"],
  [CHUNKED, "3\r\nABCx"],
  [`${CHUNKED}3\r\nABC\r\n`, "3\r\nDEF\r\n", "zz\r\n"],
  [`${CHUNKED}3\r\nABC\r\n`, "fffffffffffffffff\r\n"],
  [`${CHUNKED}3\r\nABC\r\n0\r\n`, "bad\r\n\r\n"],
].flatMap((pieces) => [
  scenario(`chunks ${JSON.stringify(pieces)}`, {}, plays(...pieces), [get()]),
  scenario(`chunks ${JSON.stringify(pieces)} and FIN`, {}, playsAndCloses(...pieces), [get()]),
]);

const FORMAT = 'log-format "%ST %B %ts {%hr} %[capture.req.ver] %[capture.res.ver]"\ncapture request header Host len 9';
const logged = [
  scenario("versions in the log: a good answer", { frontend: FORMAT }, plays(ok("hi")), [get()]),
  scenario("versions in the log: junk", { frontend: FORMAT }, plays("junk\r\n\r\n"), [get()]),
  scenario("versions in the log: a bad chunk", { frontend: FORMAT }, plays(`${CHUNKED}zz\r\n`), [get()]),
  scenario("versions in the log: no request behind a good one", { frontend: FORMAT }, echo, [get(), "BAD\r\n\r\n"]),
  scenario("versions in the log: a bad chunk in the request", { frontend: FORMAT }, echo, [
    request("POST", "/", ["Transfer-Encoding: chunked"], "zz\r\n"),
  ]),
  scenario(
    "a response of no known class, whole",
    {},
    plays(`HTTP/1.1 999 X\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(["a"])}`),
    [get()],
  ),
];

/** An upgrade whatever the method, and Connection: upgrade in other responses. */
const upgrades = ["GET", "HEAD", "DELETE"].flatMap((method) => [
  uncounted(`${method} and a 101 nobody asked for`, {}, plays(`${switching()}abc`), [request(method, "/"), get("/2")]),
  uncounted(`${method} and a 101`, {}, plays(`${switching()}abc`), [request(method, "/", upgradeFields), "xyz"]),
  ...["1.0", "1.1"].map((version) =>
    uncounted(
      `${method} and Connection: upgrade in a response of ${version}`,
      {},
      plays(`HTTP/${version} 200 OK\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n`),
      [request(method, "/"), `${method} / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`],
    ),
  ),
]);

/** A version that is none is told of when the head is complete. */
const versions = ["HTTP/11", "HTTP/1", "HTTP/1.10", "FOO/1.1"].flatMap((version) =>
  [
    [`GET / ${version}\r\nHost: a\r\n`],
    [`GET / ${version}\r\nHost: a\r\n`, "\r\n"],
    [`GET / ${version}\r\nbad header\r\n`],
  ].map((pieces) => scenario(`version ${version} in ${pieces.length} of ${pieces[0]!.length}`, {}, echo, pieces)),
);

const others = [
  scenario("early hints count as the backend's", { frontend: "http-request early-hint Link x" }, echo, [get()]),
  scenario("a broken first chunk is junk to repeat", { backend: "retry-on junk-response" }, plays(`${CHUNKED}zz\r\n`), [
    get(),
  ]),
  scenario("a body below status 100", {}, plays("HTTP/1.1 099 Low\r\nContent-Length: 3\r\n\r\nabc"), [get()]),
];

export const mutants: readonly Scenario[] = [
  ...pages,
  ...te,
  ...lists,
  ...pretends,
  ...interims,
  ...spoilt,
  ...broken,
  ...logged,
  ...upgrades,
  ...versions,
  ...others,
];
