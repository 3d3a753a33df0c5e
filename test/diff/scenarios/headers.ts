/** Fields tlb adds, passes and rewrites: forwardfor, originalto, order, case, repeated fields. */
import { echo, get, http, plays, sends } from "../build.ts";
import type { Scenario } from "../scenario.ts";

/** Name, options, request fields, source address. */
type Forwarded = readonly [name: string, option: string, fields?: readonly string[], from?: string];

const forwarded: readonly Forwarded[] = [
  ["option forwardfor", "option forwardfor"],
  ["forwardfor appends to what is there", "option forwardfor", ["X-Forwarded-For: 9.9.9.9"]],
  ["forwardfor if-none, there is one", "option forwardfor if-none", ["X-Forwarded-For: 9.9.9.9"]],
  ["forwardfor if-none, there is none", "option forwardfor if-none"],
  ["forwardfor except this network", "option forwardfor except 127.0.0.0/8"],
  ["forwardfor except another network", "option forwardfor except 10.0.0.0/8"],
  ["forwardfor except one address", "option forwardfor except 127.0.0.5", [], "127.0.0.5"],
  ["forwardfor with another address", "option forwardfor except 127.0.0.5", [], "127.0.0.6"],
  ["forwardfor header", "option forwardfor header X-Client"],
  ["forwardfor header and if-none", "option forwardfor header X-Client if-none", ["x-client: 9.9.9.9"]],
  ["forwardfor header and except", "option forwardfor except 127.0.0.0/8 header X-Client"],
  ["originalto", "option originalto"],
  ["originalto except this network", "option originalto except 127.0.0.0/8"],
  ["originalto header", "option originalto header X-Dst"],
  ["forwardfor and originalto", "option forwardfor\noption originalto"],
];

export const headers: readonly Scenario[] = [
  ...forwarded.map(([name, option, fields = [], from]): Scenario => ({
    name: `fields: ${name}`,
    config: http({ defaults: option }),
    servers: { s1: echo },
    async client(talk) {
      const client = await talk.connect("fe", from === undefined ? {} : { from });
      client.send(get("/", ...fields) + get("/second", ...fields));
      await client.response();
      await client.response();
    },
  })),
  {
    name: "fields: forwardfor in the backend only",
    config: http({ backend: "option forwardfor header X-Back" }),
    servers: { s1: echo },
    client: sends(get()),
  },
  {
    name: "fields: forwardfor in frontend and backend with different names",
    config: http({ frontend: "option forwardfor header X-Front", backend: "option forwardfor header X-Back" }),
    servers: { s1: echo },
    client: sends(get()),
  },
  {
    name: "fields: request order, case and repetition",
    config: http(),
    servers: { s1: echo },
    client: sends(
      get("/", "ZeTa: 1", "Alpha: 2", "X-Two: a", "x-two: b", "Cookie: a=1", "Cookie: b=2", "User-Agent: t"),
    ),
  },
  {
    name: "fields: response order, case and repetition",
    config: http(),
    servers: {
      s1: plays(
        "HTTP/1.1 200 OK\r\nZeTa: 1\r\nSet-Cookie: a=1\r\nAlpha: 2\r\nset-cookie: b=2\r\nDATE: now\r\nServer: X\r\nContent-Length: 0\r\n\r\n",
      ),
    },
    client: sends(get()),
  },
  {
    name: "fields: query, escapes and long targets pass unchanged",
    config: http(),
    servers: { s1: echo },
    client: sends(get("/a//b/../c/./%7Ex?q=%20&r=[]&s=1;2'\"|"), get(`/${"z".repeat(3000)}?${"q".repeat(3000)}`)),
  },
  {
    name: "fields: http-send-name-header",
    config: http({ backend: "http-send-name-header X-Which" }),
    servers: { s1: echo },
    client: sends(get("/", "X-Which: client")),
  },
  {
    name: "fields: h1-case-adjust is off, names go in lower case",
    config: http(),
    servers: { s1: echo },
    client: sends(get("/", "X-CamelCase: Yes", "TE: trailers", "Upgrade-Insecure-Requests: 1")),
  },
];
