/** Persistence by cookie: every mode, what becomes of the cookies in both directions, and what the log says about it. */
import { ok, respond } from "../../harness/server.ts";
import { get, http, HTTP_DEFAULTS, request, silence } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const SERVERS = { s1: "cookie one", s2: "cookie two" };

/** Answers with its name, and sets cookies as the target asks. */
const named = (name: string) =>
  respond((text) => {
    const target = text.split(" ")[1]!;
    const fields: string[] = [];
    if (target.includes("app")) fields.push("Set-Cookie: app=1; path=/");
    if (target.includes("own")) fields.push("Set-Cookie: SRV=mine; path=/x");
    if (target.includes("spaced")) fields.push("Set-Cookie:  SRV=  mine ; path=/x");
    if (target.includes("empty")) fields.push("Set-Cookie: SRV=; path=/x");
    if (target.includes("bare")) fields.push("Set-Cookie: SRV");
    if (target.includes("public")) fields.push("Cache-Control: public");
    if (target.includes("private")) fields.push("Cache-Control: private");
    if (target.includes("nostore")) fields.push("Cache-Control: no-store");
    if (target.includes("nocookie")) fields.push('Cache-Control: no-cache="set-cookie"');
    if (target.includes("maxage")) fields.push("Cache-Control: max-age=0");
    if (target.includes("fresh")) fields.push("Cache-Control: max-age=60");
    if (target.includes("shared")) fields.push("Cache-Control: s-maxage=60");
    if (target.includes("etag")) fields.push('ETag: "x"');
    if (target.includes("modified")) fields.push("Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT");
    if (target.includes("expires")) fields.push("Expires: Thu, 01 Jan 2035 00:00:00 GMT");
    if (target.includes("pragma")) fields.push("Pragma: no-cache");
    const response = ok(text.startsWith("HEAD") ? "" : name, ...fields);
    return target.includes("302") ? response.replace("200 OK", "302 Found") : response;
  });

const servers = { s1: named("one"), s2: named("two") };

const modes = {
  passive: "",
  indirect: "indirect",
  insert: "insert",
  "insert indirect": "insert indirect",
  "insert preserve": "insert preserve",
  "insert indirect preserve": "insert indirect preserve",
  "insert postonly": "insert postonly",
  "insert nocache": "insert nocache",
  "insert attributes": "insert indirect httponly secure domain .a.test domain .b.test attr SameSite=Lax attr Extra",
  rewrite: "rewrite",
  prefix: "prefix",
  "prefix indirect": "prefix indirect",
} as const;

const ask = (target: string, ...fields: string[]): string => get(target, "Connection: close", ...fields);

const requests: readonly (readonly [string, string])[] = [
  ["none", ask("/")],
  ["other", ask("/", "Cookie: a=b")],
  ["one", ask("/", "Cookie: SRV=one")],
  ["two", ask("/", "Cookie: SRV=two")],
  ["unknown", ask("/", "Cookie: SRV=three")],
  ["empty", ask("/", "Cookie: SRV=")],
  ["no equal sign", ask("/", "Cookie: SRV")],
  ["first of three", ask("/", "Cookie: SRV=two; a=1; b=2")],
  ["second of three", ask("/", "Cookie: a=1; SRV=two; b=2")],
  ["last of three", ask("/", "Cookie: a=1; b=2; SRV=two")],
  ["odd blanks", ask("/", "Cookie: a=1;SRV=two;b=2 ;  c=3")],
  ["blanks before the delimiter", ask("/", "Cookie: a=1  ;   SRV=two  ;   b=2")],
  ["blanks before the last", ask("/", "Cookie: a=1 ; SRV=two")],
  ["twice", ask("/", "Cookie: SRV=one; SRV=two")],
  ["twice between others", ask("/", "Cookie: a=1; SRV=one; SRV=two; b=2")],
  ["twice, apart", ask("/", "Cookie: SRV=one; a=1; SRV=two")],
  ["two headers", ask("/", "Cookie: a=1; SRV=two", "Cookie: b=2")],
  ["both headers", ask("/", "Cookie: SRV=two", "Cookie: SRV=one")],
  ["comma", ask("/", "Cookie: a=1, SRV=two, b=2")],
  ["quoted", ask("/", 'Cookie: a="x;SRV=one"; SRV=two')],
  ["attributes", ask("/", "Cookie: $Version=1; SRV=two; $Path=/; b=2")],
  ["longer name", ask("/", "Cookie: SRVX=one; XSRV=two")],
  ["tilde", ask("/", "Cookie: SRV=two~mine; b=2")],
  ["tilde only", ask("/", "Cookie: SRV=~mine")],
  ["tilde unknown", ask("/", "Cookie: a=1; SRV=zzz~mine")],
  ["bar", ask("/", "Cookie: SRV=two|Abcde")],
  ["server sets it", ask("/own")],
  ["server sets it, direct", ask("/own", "Cookie: SRV=two")],
  ["server sets both, direct", ask("/own-app", "Cookie: SRV=two")],
  ["server sets another", ask("/app")],
  ["server sets it with blanks", ask("/spaced")],
  ["server sets it empty", ask("/empty")],
  ["server sets it without a value", ask("/bare")],
  ["cacheable", ask("/public")],
  ["private", ask("/private")],
  ["not stored", ask("/nostore")],
  ["302", ask("/302")],
  ["head", request("HEAD", "/", ["Connection: close"])],
  ["post", request("POST", "/own", ["Connection: close", "Content-Length: 1"], "x")],
];

const byMode: readonly Scenario[] = Object.entries(modes).flatMap(([mode, words]) =>
  requests.map(([what, text]): Scenario => ({
    name: `cookie ${mode}: ${what}`,
    config: http({ backend: `cookie SRV ${words}`, servers: SERVERS }),
    servers,
    async client(talk) {
      const client = await talk.connect();
      client.send(text);
      await client.closed(1500);
      await talk.logged(1);
    },
  })),
);

/** As HAProxy writes a date: units of 4 seconds, five characters. */
function dated(secondsAgo: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const value = Math.floor((Date.now() / 1000 - secondsAgo) / 4);
  return [24, 18, 12, 6, 0].map((shift) => alphabet[Math.floor(value / 2 ** shift) % 64]).join("");
}

const dates: readonly (readonly [string, string, () => string])[] = [
  ["maxidle, no cookie", "maxidle 1h", () => ""],
  ["maxidle, no date", "maxidle 1h", () => "SRV=two"],
  ["maxidle, fresh", "maxidle 1h", () => `SRV=two|${dated(60)}`],
  ["maxidle, now", "maxidle 1h", () => `SRV=two|${dated(-30)}`],
  ["maxidle, expired", "maxidle 1h", () => `SRV=two|${dated(4000)}`],
  ["maxidle, next week", "maxidle 1h", () => `SRV=two|${dated(-700_000)}`],
  ["maxidle, not base64", "maxidle 1h", () => "SRV=two|!!!!!"],
  ["maxidle, short", "maxidle 1h", () => "SRV=two|abc"],
  ["maxlife, no cookie", "maxlife 2h", () => ""],
  ["maxlife, one date", "maxlife 2h", () => `SRV=two|${dated(60)}`],
  ["maxlife, young", "maxlife 2h", () => `SRV=two|${dated(60)}|${dated(600)}`],
  ["maxlife, old", "maxlife 2h", () => `SRV=two|${dated(60)}|${dated(9000)}`],
  ["both, fresh and young", "maxidle 1h maxlife 2h", () => `SRV=two|${dated(60)}|${dated(600)}`],
  ["both, expired and young", "maxidle 1h maxlife 3h", () => `SRV=two|${dated(4000)}|${dated(5000)}`],
  ["both, fresh and old", "maxidle 1h maxlife 2h", () => `SRV=two|${dated(60)}|${dated(9000)}`],
  ["none wanted, one date", "", () => `SRV=two|${dated(60)}`],
  ["none wanted, two dates", "", () => `SRV=two|${dated(60)}|${dated(600)}`],
];

const byDate: readonly Scenario[] = dates.map(([what, words, cookie]): Scenario => ({
  name: `cookie ${what}`,
  config: http({ backend: `cookie SRV insert indirect ${words}`, servers: SERVERS }),
  servers,
  async client(talk) {
    const text = cookie();
    const response = await talk.once(text === "" ? ask("/") : ask("/", `Cookie: ${text}`));
    // The clocks of the two programs may stand on both sides of a step of 4 seconds.
    talk.note("response", response.replaceAll(/\|[A-Za-z0-9+/]{5}/g, "|DATE"));
    await talk.logged(1);
  },
  compare: { received: false },
}));

const off = (backend: string, lines: Readonly<Record<string, string>>): string => http({ backend, servers: lines });

const asksForTwo: Scenario["client"] = async (talk) => {
  await talk.once(ask("/", "Cookie: SRV=two"));
  await talk.logged(1);
};

const states: readonly Scenario[] = [
  {
    name: "cookie of a server in maintenance",
    config: off("cookie SRV insert indirect", { s1: "cookie one", s2: "cookie two disabled" }),
    servers,
    client: asksForTwo,
  },
  {
    name: "cookie of a server in maintenance, option persist",
    config: off("cookie SRV insert indirect\noption persist", { s1: "cookie one", s2: "cookie two disabled" }),
    servers,
    client: asksForTwo,
  },
  {
    name: "cookie shared by two servers, the first in maintenance",
    config: off("cookie SRV insert indirect", { s1: "cookie two disabled", s2: "cookie two" }),
    servers,
    client: asksForTwo,
  },
  {
    name: "cookie of a server with weight 0",
    config: off("cookie SRV insert indirect", { s1: "cookie one", s2: "cookie two weight 0" }),
    servers,
    client: asksForTwo,
  },
  {
    name: "cookie of a backup server",
    config: off("cookie SRV insert indirect", { s1: "cookie one", s2: "cookie two backup" }),
    servers,
    client: asksForTwo,
  },
  {
    name: "cookie: a server without one takes the client's away",
    config: off("cookie SRV insert indirect", { s1: "" }),
    servers,
    client: asksForTwo,
  },
  {
    name: "cookie of a server that refuses, with redispatch",
    config: off("cookie SRV insert indirect\noption redispatch 1\nretries 2", {
      s1: "cookie one",
      gone: "cookie two",
    }),
    servers: { s1: servers.s1 },
    async client(talk) {
      await talk.once(ask("/", "Cookie: SRV=two"));
      await talk.logged(1);
    },
  },
  {
    name: "cookie of a server that refuses, redispatch on the last try",
    config: off("cookie SRV insert indirect\noption redispatch\nretries 1", { s1: "cookie one", gone: "cookie two" }),
    servers: { s1: servers.s1 },
    async client(talk) {
      await talk.once(ask("/", "Cookie: SRV=two"));
      await talk.logged(1);
    },
  },
  {
    name: "cookie of a server that refuses, no redispatch",
    config: off("cookie SRV insert indirect\nretries 1", { s1: "cookie one", gone: "cookie two" }),
    servers: { s1: servers.s1 },
    async client(talk) {
      await talk.once(ask("/", "Cookie: SRV=two"));
      await talk.logged(1);
    },
  },
  ...["option redispatch", "no option redispatch"].map((option): Scenario => ({
    name: `cookie of a server with a full queue, ${option}`,
    config: off(`cookie SRV insert indirect\ntimeout queue 2s\n${option}`, {
      s1: "cookie one",
      s2: "cookie two maxconn 1 maxqueue 1",
    }),
    servers: {
      s1: servers.s1,
      s2: async (peer) => {
        await peer.request();
        await peer.sleep(300);
        peer.send(ok("two"));
      },
    },
    async client(talk) {
      for (let i = 0; i < 3; i++) {
        const client = await talk.connect();
        client.send(ask("/", "Cookie: SRV=two"));
        await talk.sleep(60);
      }
      await talk.logged(3);
    },
    compare: { logOrder: "any" },
  })),
  {
    name: "cookie: several requests of one client",
    config: off("cookie SRV insert indirect", SERVERS),
    servers,
    async client(talk) {
      const client = await talk.connect();
      for (const cookie of ["SRV=one", "SRV=two", "SRV=one", "a=b", "SRV=two"]) {
        client.send(get("/", `Cookie: ${cookie}`));
        await client.response();
      }
      await talk.logged(5);
    },
  },
  {
    name: "cookie: requests that reach no backend",
    config: http({ backend: "cookie SRV insert", servers: {} }),
    async client(talk) {
      const client = await talk.connect();
      client.send(ask("/", "Cookie: SRV=one"));
      await silence(client);
      const other = await talk.connect();
      other.send("BAD\r\n\r\n");
      await silence(other);
      await talk.logged(2);
    },
  },
  {
    name: "cookie in a listen section, bad request",
    config: `${HTTP_DEFAULTS}listen fe
    bind 127.0.0.1:{fe}
    cookie SRV insert
    server s1 127.0.0.1:{s1} cookie one
`,
    servers: { s1: servers.s1 },
    async client(talk) {
      const client = await talk.connect();
      client.send("BAD\r\n\r\n");
      await silence(client);
      await talk.once(ask("/"));
      await talk.logged(2);
    },
  },
];

const cacheTargets = [
  "/app-fresh",
  "/app-shared",
  "/app-etag",
  "/app-modified",
  "/app-expires",
  "/app-etag-public",
  "/app-etag-private",
  "/app-etag-nostore",
  "/app-etag-nocookie",
  "/app-etag-maxage",
  "/app-etag-pragma",
  "/app-etag-302",
  "/etag",
  "/own",
  "/app",
  "/app-public",
  "/app-private",
  "/app-nostore",
  "/app-nocookie",
  "/app-maxage",
  "/app-pragma",
  "/app-302",
  "/plain",
];

const cacheLines = {
  checkcache: "option checkcache",
  "checkcache and cookie": "option checkcache\ncookie SRV insert",
  "cookie nocache": "cookie SRV insert nocache",
  "checkcache and cookie nocache": "option checkcache\ncookie SRV insert nocache",
} as const;

const methods = ["GET", "HEAD", "POST"] as const;

function cached(what: string, backend: string, method: string, target: string): Scenario {
  return {
    name: `${what}: ${method} ${target}`,
    config: http({ backend, servers: SERVERS }),
    servers,
    async client(talk) {
      const client = await talk.connect();
      const fields = ["Connection: close", ...(method === "POST" ? ["Content-Length: 0"] : [])];
      client.send(request(method, target, fields));
      await client.closed(1500);
      await talk.logMatch(/\[ACCEPT\]/);
    },
    compare: { logOrder: "any" },
  };
}

/** HAProxy 2.6 blocks these with the page of the status the server sent, see divergences.ts: one of them is enough. */
const blocked =
  /^checkcache( and cookie)?: (?!GET \/app-etag$)\w+ \/app-(fresh|shared|modified|expires|etag|etag-public)$/;

const checkcache: readonly Scenario[] = Object.entries(cacheLines).flatMap(([what, backend]) =>
  cacheTargets
    .flatMap((target) => methods.map((method) => cached(what, backend, method, target)))
    .filter(({ name }) => !blocked.test(name)),
);

export const persistence: readonly Scenario[] = [...byMode, ...byDate, ...states, ...checkcache];
