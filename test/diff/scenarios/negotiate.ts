/** Servers that authenticate the connection rather than the request: nobody else may use it, and its client comes back to it. */
import { respond } from "../../harness/server.ts";
import { get, http } from "../build.ts";
import type { Scenario } from "../scenario.ts";

/** Asks for authentication on /login, and names itself and the connection. */
function server(name: string, status: string, field: string) {
  return respond((text, _peer, nth) => {
    const body = `${name} ${nth} ${text.split(" ")[1]}`;
    const head = text.startsWith("GET /login") ? `${status}\r\n${field}` : "200 OK\r\nX-A: b";
    return `HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  });
}

const challenges: readonly (readonly [name: string, status: string, field: string])[] = [
  ["NTLM", "401 Unauthorized", "WWW-Authenticate: NTLM"],
  ["Negotiate with a token", "401 Unauthorized", "WWW-Authenticate: Negotiate oYG2MIGzoAMKAQChCwYJKoZIgvcSAQICooGe"],
  ["lower case, second field", "401 Unauthorized", "WWW-Authenticate: Basic realm=x\r\nwww-authenticate: ntlm TlRM"],
  ["Proxy-Authenticate", "407 Proxy Authentication Required", "Proxy-Authenticate: Nego2"],
  ["Proxy-Authenticate with 401", "401 Unauthorized", "Proxy-Authenticate: NTLM"],
  ["Basic", "401 Unauthorized", "WWW-Authenticate: Basic realm=x"],
  ["three letters", "401 Unauthorized", "WWW-Authenticate: NTL"],
  ["not 401", "403 Forbidden", "WWW-Authenticate: NTLM"],
];

export const negotiate: readonly Scenario[] = challenges.flatMap(([name, status, field]) =>
  (["safe", "always"] as const).map((mode): Scenario => ({
    name: `connection authentication, http-reuse ${mode}: ${name}`,
    config: http({ backend: `http-reuse ${mode}\nbalance roundrobin`, servers: { s1: "", s2: "" } }),
    servers: { s1: server("s1", status, field), s2: server("s2", status, field) },
    async client(talk) {
      const first = await talk.connect();
      const second = await talk.connect();
      for (const [client, target] of [
        [first, "/login"],
        [second, "/1"],
        [first, "/2"],
        [second, "/3"],
        [first, "/4"],
        [second, "/5"],
        [first, "/6"],
      ] as const) {
        client.send(get(target));
        await client.response();
      }
    },
  })),
);
