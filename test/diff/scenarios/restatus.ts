/** Rules that change the status of a response to one that has content, or to one that has none. */
import { ok, respond } from "../../harness/server.ts";
import { chunked, get, http, playsAndCloses, plays, request, sends } from "../build.ts";
import type { Lines } from "../build.ts";
import type { Scenario } from "../scenario.ts";
import type { ServerScript } from "../../harness/server.ts";

function scenario(name: string, lines: Lines, s1: ServerScript, ...pieces: string[]): Scenario {
  return { name: `restatus: ${name}`, config: http(lines), servers: { s1 }, client: sends(...pieces) };
}

const responses: Readonly<Record<string, string>> = {
  "a length": ok("ABC"),
  chunks: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(["ABC"])}`,
  "no length": "HTTP/1.1 200 OK\r\n\r\nABC",
  "a 204": "HTTP/1.1 204 No Content\r\n\r\n",
  "a 304": 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n',
  "a 304 with a length": "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
};

const ofServers = [200, 204, 205, 304, 404].flatMap((status) =>
  Object.entries(responses).flatMap(([name, text]) =>
    ["http-response", "http-after-response"].map((rules) =>
      scenario(
        `${rules} set-status ${status} on ${name}`,
        { backend: `${rules} set-status ${status}` },
        name === "no length" ? playsAndCloses(text) : plays(text),
        get(),
        get("/2"),
      ),
    ),
  ),
);

const ofVersions = [200, 204, 304].flatMap((status) =>
  // HAProxy makes chunks of a 204 for clients of HTTP/1.0 too, which do not know them.
  (status === 200 ? ["a length", "chunks"] : ["a length", "chunks", "a 204"]).flatMap((name) =>
    ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", request("HEAD", "/")].map((text) =>
      scenario(
        `${status} on ${name} for ${JSON.stringify(text)}`,
        { backend: `http-response set-status ${status}` },
        plays(responses[name]!),
        text,
      ),
    ),
  ),
);

const ours = [200, 204, 304, 403].flatMap((status) =>
  [
    "http-request deny",
    "http-request return status 200 content-type a/b string abc",
    "http-request redirect location /x",
  ].map((rule) =>
    scenario(
      `http-after-response set-status ${status} on ${rule}`,
      { frontend: `${rule}\nhttp-after-response set-status ${status}` },
      plays(""),
      get(),
      get("/2"),
    ),
  ),
);

/** A method that rules have made, of which the client does not know. */
const methods = ["GET", "POST", "HEAD", "OPTIONS"].flatMap((method) =>
  ["Content-Length: 3", "Transfer-Encoding: chunked", "X-A: b"].map((field, index) =>
    scenario(
      `${method} made HEAD, answered with ${field}`,
      { frontend: "http-request set-method HEAD if { path / }" },
      index === 2
        ? playsAndCloses(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n`)
        : plays(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n`),
      request(method, "/"),
    ),
  ),
);

const closed = [204, 304].flatMap((status) =>
  ["a length", "a 204", "a 304"].map((name) =>
    scenario(
      `${status} and Connection: close on ${name}`,
      { backend: `http-response set-status ${status}\nhttp-response set-header Connection close` },
      plays(responses[name]!),
      get(),
      get("/2"),
    ),
  ),
);

const large: Scenario = {
  ...scenario(
    "204 on a large body",
    { backend: "http-response set-status 204" },
    respond(ok("0123456789abcdef".repeat(20_000))),
  ),
  async client(talk) {
    const client = await talk.connect();
    for (const text of [get(), get("/2")]) {
      client.send(text);
      await client.response();
    }
    await talk.logged(2);
  },
};

export const restatuses: readonly Scenario[] = [...ofServers, ...ofVersions, ...ours, ...methods, ...closed, large];
