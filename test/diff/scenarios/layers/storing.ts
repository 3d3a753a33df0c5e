/** Caches and compression of one response, to clients of both versions of HTTP. */
import { H2Peer, request as h2Request } from "../../../harness/h2.ts";
import { ok, respond } from "../../../harness/server.ts";
import { get, http, silence, tcp } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { files, V12, OPEN, listens } from "./tools.ts";

/** Caches and compression of one response. */
interface Stored {
  readonly caches: readonly string[];
  readonly frontend?: string;
  readonly backend: string;
  readonly answer?: string;
  readonly requests: readonly string[];
}
export let count = 0;
const stored = (name: string, { caches, frontend = "", backend, answer, requests }: Stored): Scenario => {
  const prefix = `l${++count}`;
  const named = (text: string): string => text.replaceAll("@", prefix);
  return {
    name: `layers: cache, ${name}`,
    config:
      caches.map((lines, i) => `cache ${prefix}${i}\n    total-max-size 4\n${lines}\n`).join("") +
      http({ frontend: named(frontend), backend: named(backend), defaults: 'log-format "%HP %ST %B %s %tsc"' }),
    servers: { s1: respond(answer ?? ok("stored ".repeat(40), "Cache-Control: max-age=50", 'ETag: "a"')) },
    async client(talk) {
      for (const [index, text] of requests.entries()) {
        const peer = await talk.connect();
        peer.send(text);
        await talk.logged(index + 1).catch(() => {});
        await silence(peer, 30);
        peer.close();
      }
    },
  };
};

const GZIP = "Accept-Encoding: gzip";
const TWO = ["    max-age 60", "    max-age 60"];
const twice = ["/a", "/a", "/b", "/a"].map((path) => get(path));
export const storing: readonly Scenario[] = [
  stored("two stores of one response", {
    caches: TWO,
    backend: "http-request cache-use @0\nhttp-response cache-store @0\nhttp-response cache-store @1",
    requests: twice,
  }),
  stored("two stores, the second is used", {
    caches: TWO,
    backend: "http-request cache-use @1\nhttp-response cache-store @0\nhttp-response cache-store @1",
    requests: twice,
  }),
  stored("two stores by path", {
    caches: TWO,
    backend:
      "http-request cache-use @0 if { path /a }\nhttp-request cache-use @1 if { path /b }\nhttp-response cache-store @0 if { capture.req.uri /a }\nhttp-response cache-store @1 if { capture.req.uri /b }",
    requests: [...twice, get("/b")],
  }),
  stored("two uses of two caches", {
    caches: TWO,
    backend: "http-request cache-use @0\nhttp-request cache-use @1\nhttp-response cache-store @1",
    requests: twice,
  }),
  stored("one in the frontend, another in the backend", {
    caches: TWO,
    frontend: "http-request cache-use @0\nhttp-response cache-store @0",
    backend: "http-request cache-use @1\nhttp-response cache-store @1",
    requests: twice,
  }),
  ...(["HEAD", "GET"] as const).flatMap((method) =>
    (["", "compression algo gzip", "compression algo gzip\ncompression offload"] as const).map((lines) =>
      stored(`${method}, ${lines.replace("\n", ", ") || "not compressed"}`, {
        caches: ["    max-age 60"],
        backend: `http-request cache-use @0\nhttp-response cache-store @0\n${lines}`,
        answer: ok(
          method === "HEAD" ? "" : "stored ".repeat(40),
          "Cache-Control: max-age=50",
          'ETag: "a"',
          "Content-Type: text/plain",
        ),
        requests: [
          get("/x"),
          get("/x", GZIP).replace("GET", method),
          get("/x", GZIP, "Range: bytes=0-3").replace("GET", method),
          get("/x", GZIP, 'If-None-Match: "a"').replace("GET", method),
          get("/x", GZIP, 'If-None-Match: W/"a"').replace("GET", method),
          get("/x").replace("GET", method),
        ],
      }),
    ),
  ),
  ...(
    [
      "stale-while-revalidate=60, max-age=0",
      "stale-if-error=60, max-age=0",
      "immutable, max-age=60",
      "max-age=60, stale-while-revalidate=60",
    ] as const
  ).map((value) =>
    stored(value, {
      caches: ["    max-age 60"],
      backend: "http-request cache-use @0\nhttp-response cache-store @0",
      answer: ok("x", `Cache-Control: ${value}`),
      requests: [get("/x"), get("/x")],
    }),
  ),
  ...(["206 Partial Content", "204 No Content", "304 Not Modified"] as const).map((status) =>
    stored(`a server that answers ${status}`, {
      caches: ["    max-age 60"],
      backend: "http-request cache-use @0\nhttp-response cache-store @0",
      answer: `HTTP/1.1 ${status}\r\nCache-Control: max-age=60\r\nContent-Range: bytes 0-3/8\r\n${status.startsWith("206") ? "Content-Length: 4\r\n\r\nabcd" : "\r\n"}`,
      requests: [get("/x", "Range: bytes=0-3"), get("/x"), get("/x", "Range: bytes=0-3")],
    }),
  ),
];

/** Over HTTP/2 to clients: what is compressed, and what comes from a cache. */
const overH2 = (
  name: string,
  backend: string,
  requests: readonly (readonly [string, string])[][],
  cache = "",
): Scenario => ({
  name: `layers: HTTP/2, ${name}`,
  config: cache + http({ backend, defaults: 'log-format "%HM %HP %ST %s %tsc"' }),
  servers: {
    s1: respond((text) =>
      ok(
        text.startsWith("HEAD") ? "" : "stored ".repeat(40),
        "Cache-Control: max-age=50",
        'ETag: "a"',
        "Content-Type: text/plain",
      ),
    ),
  },
  async client(talk) {
    const h2 = new H2Peer(await talk.connect(), "client");
    for (const [index, fields] of requests.entries()) {
      const id = h2.request(fields);
      const text = await h2.response(id);
      // What is compressed differs by library; that it is, and how it ends, does not.
      talk.note(`${index}`, /content-encoding/.test(text) ? `${text.split("\n--\n")[0]} ${h2.stream(id).ended}` : text);
      await talk.logged(index + 1).catch(() => {});
    }
  },
  compare: OPEN,
});

const gz = ["accept-encoding", "gzip"] as const;
export const clients: readonly Scenario[] = [
  overH2("compressed", "compression algo gzip", [
    [...h2Request("GET", "/"), gz],
    [...h2Request("GET", "/")],
    [...h2Request("HEAD", "/"), gz],
    [...h2Request("GET", "/"), gz, ["range", "bytes=0-3"]],
  ]),
  overH2("compressed, offload", "compression algo gzip\ncompression offload", [
    [...h2Request("GET", "/"), gz],
    [...h2Request("GET", "/")],
  ]),
  overH2(
    "from a cache",
    "http-request cache-use lh2\nhttp-response cache-store lh2",
    [
      [...h2Request("GET", "/")],
      [...h2Request("GET", "/")],
      [...h2Request("HEAD", "/")],
      [...h2Request("GET", "/"), ["if-none-match", '"a"']],
      [...h2Request("GET", "/"), ["cache-control", "no-cache"]],
      [...h2Request("POST", "/")],
      [...h2Request("GET", "/")],
    ],
    "cache lh2\n    total-max-size 4\n    max-age 60\n",
  ),
  overH2(
    "from a cache, compressed",
    "http-request cache-use lh3\nhttp-response cache-store lh3\ncompression algo gzip",
    [
      [...h2Request("GET", "/")],
      [...h2Request("GET", "/"), gz],
      [...h2Request("GET", "/"), gz, ["if-none-match", 'W/"a"']],
    ],
    "cache lh3\n    total-max-size 4\n    max-age 60\n",
  ),
];

export const through: readonly Scenario[] = [
  {
    name: "layers: TLS in mode tcp with samples in rules",
    config:
      listens(
        "ssl crt {file:main.pem} alpn h2,foo",
        {
          frontend:
            "tcp-request content reject if { ssl_fc_alpn foo }\nuse_backend be if { ssl_fc_sni -i main.test }\ndefault_backend none",
          defaults: 'log-format "%ci %ft %b %ts %sslv %[ssl_fc_alpn] %[ssl_fc_sni]"',
        },
        tcp,
      ).replace("default_backend be", "") + "\nbackend none\n",
    files,
    servers: { s1: async (peer) => peer.send(`got ${await peer.until("\n")}`) },
    async client(talk) {
      for (const [name, alpn] of [
        ["MAIN.test", "h2"],
        ["other.test", "h2"],
        ["main.test", "foo"],
      ] as const) {
        const peer = await talk.connect("fe", { tls: { ...V12, name, alpn: [alpn] } });
        peer.send("hello\n");
        await silence(peer, 200);
        peer.close();
      }
      await talk.logged(3);
    },
    compare: { clientClose: "closed", servers: false, logOrder: "any" },
  },
];
