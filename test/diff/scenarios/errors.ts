/** Responses tlb makes itself: default bodies, errorfile, errorloc, and the requests that lead to them. */
import { echo, get, http, plays, request, sends, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const page = (status: string): string =>
  `HTTP/1.0 ${status}\r\nX-Page: mine\r\nContent-Type: text/plain\r\n\r\nmy ${status} page\n`;

/** Ways to an error: name, status, lines, server or none, request. */
const causes = [
  ["400 bad request", 400, "BAD\r\n\r\n", {}],
  ["408 request timeout", 408, "GET / HT", { frontend: "timeout http-request 150ms" }],
  ["502 bad gateway", 502, get("/junk"), {}],
  ["503 no server", 503, get("/none"), { servers: {} }],
  ["503 refused", 503, get("/refused"), { servers: { dead: "" }, backend: "retries 0" }],
  ["504 gateway timeout", 504, get("/slow"), { backend: "timeout server 150ms" }],
] as const;

const ways = [
  ["default body", () => ""],
  ["errorfile", (status: number) => `errorfile ${status} {file:page}`],
  ["errorloc", (status: number) => `errorloc ${status} http://errors.test/${status}`],
  ["errorloc302", (status: number) => `errorloc302 ${status} /e?s=${status}`],
  ["errorloc303", (status: number) => `errorloc303 ${status} /e?s=${status}`],
] as const;

export const errors: readonly Scenario[] = [
  ...causes.flatMap(([cause, status, text, lines]) =>
    ways.map(([way, directive]): Scenario => ({
      name: `error ${cause}: ${way}`,
      config: http({ ...lines, defaults: directive(status) }),
      files: { page: page(`${status} Mine`) },
      servers: {
        s1: async (peer) => {
          const ask = await peer.request();
          if (ask.includes("/junk")) peer.send("junk\r\n\r\n");
        },
      },
      async client(talk) {
        const client = await talk.connect();
        client.send(text);
        await silence(client, 400);
      },
    })),
  ),
  {
    name: "error: the body of HEAD is left out",
    config: http({ servers: {} }),
    async client(talk) {
      const client = await talk.connect();
      client.send(request("HEAD", "/"));
      await silence(client, 150);
    },
  },
  {
    name: "error: 503 to a client of 1.0",
    config: http({ servers: {} }),
    client: sends("GET / HTTP/1.0\r\n\r\n"),
  },
  {
    name: "error: keep-alive after 503",
    config: http({ servers: {} }),
    client: sends(get("/1"), get("/2")),
  },
  {
    name: "error: 503 with an upload under way",
    config: http({ servers: {} }),
    client: sends(request("POST", "/", ["Content-Length: 100"], "part")),
    compare: { clientClose: "closed" },
  },
  {
    name: "error: errorfile with a length of its own",
    config: http({ servers: {}, defaults: "errorfile 503 {file:page}" }),
    files: { page: "HTTP/1.1 503 Custom\r\nContent-Length: 4\r\nX-P: q\r\n\r\nbody" },
    client: sends(get("/1"), get("/2")),
  },
  {
    name: "error: errorfile of another status",
    config: http({ servers: {}, defaults: "errorfile 503 {file:page}" }),
    files: { page: "HTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\n\r\nsorry\n" },
    client: sends(get("/1")),
  },
  {
    name: "error: errorfile /dev/null closes without a word",
    config: http({ servers: {}, defaults: "errorfile 503 /dev/null" }),
    client: sends(get("/1")),
  },
  {
    name: "error: errorfile in the frontend, other one in the backend",
    config: http({ servers: {}, frontend: "errorfile 503 {file:front}", backend: "errorfile 503 {file:back}" }),
    files: { front: page("503 Front"), back: page("503 Back") },
    client: sends(get("/1")),
  },
  {
    name: "error: monitor-uri answers by itself",
    config: http({ frontend: "monitor-uri /alive" }),
    servers: { s1: echo },
    client: sends(get("/alive"), get("/alive?x"), get("/other")),
  },
  {
    name: "error: frontend without a backend",
    config: http().replace("default_backend be", ""),
    client: sends(get("/1")),
  },
  {
    name: "error: server disabled in the configuration",
    config: http({ servers: { s1: "disabled" } }),
    servers: { s1: echo },
    client: sends(get("/1")),
  },
  {
    name: "error: response of the server with an error status passes",
    config: http({ defaults: "errorfile 503 {file:page}" }),
    files: { page: page("503 Mine") },
    servers: { s1: plays("HTTP/1.1 503 Theirs\r\nContent-Length: 6\r\n\r\ntheirs") },
    client: sends(get("/1")),
  },
];
