/** What configurations of operators showed to differ: cookies made from addresses, variables in addresses, what counts as balanced. */
import type { ServerScript } from "../../harness/server.ts";
import { ok, respond } from "../../harness/server.ts";
import { get, http, upgradeFields } from "../build.ts";
import type { Scenario, Talk } from "../scenario.ts";

const CLOSE = "Connection: close";
/** Nothing is logged. */
const SILENT = `
defaults
    mode http
    timeout connect 2s
    timeout client 3s
    timeout server 3s
`;
const named = (name: string): ServerScript => respond(() => ok(name));

/** Some columns of `show stat` of the sections whose names begin with "be". */
async function note(talk: Talk, ...columns: string[]): Promise<void> {
  const [head = "", ...rows] = (await talk.command("show stat")).trim().split("\n");
  const names = head.replace("# ", "").split(",");
  for (const row of rows) {
    const cells = row.split(",");
    if (!/^be\d?$/.test(cells[0]!)) continue;
    talk.note(
      `${cells[0]}/${cells[1]}`,
      columns.map((column) => `${column}=${cells[names.indexOf(column)]}`),
    );
  }
}

/** Lines of `show servers state` without the time, which passes. */
async function states(talk: Talk, backend: string, when: string): Promise<void> {
  const text = await talk.command(`show servers state {@${backend}}`);
  const rows = text.split("\n").map((line) => line.split(" ").map((cell, at) => (at === 9 || at === 0 ? "" : cell)));
  for (const row of rows) talk.note(`${when} ${row[3]} ${row[4]}`, row.join(" "));
}

const balanced = (name: string, backend: string, servers: Record<string, string>, requests: string[]): Scenario => ({
  name: `operators: what counts as balanced, ${name}`,
  alone: true,
  config: http({ backend, servers }),
  servers: Object.fromEntries(Object.keys(servers).map((server) => [server, named(server)])),
  client: async (talk) => {
    for (const request of requests) await talk.once(request);
    await talk.logged(requests.length);
    await note(talk, "stot", "lbtot");
  },
});

/** One of two servers refuses: whether another attempt follows at once, and where. */
const refused = (algorithm: string, first: string, second: string): Scenario => ({
  name: `operators: a server refuses, balance ${algorithm.replace("\n", ", ")}: "${first}", "${second}"`,
  alone: true,
  config: http({
    backend: `option redispatch\nretries 2\nbalance ${algorithm}`,
    servers: { s1: first, s2: second, s3: "disabled" },
  }),
  servers: { s2: named("s2") },
  client: async (talk) => {
    await talk.once(plain);
    await talk.logged(1);
    await note(talk, "stot", "lbtot", "wretr", "wredis");
  },
});

const plain = get("/", CLOSE);
const toSecond = get("/", CLOSE, "Cookie: SRV=two");

export const operators: readonly Scenario[] = [
  balanced("a cookie", "cookie SRV insert indirect", { s1: "cookie one", s2: "cookie two" }, [
    plain,
    toSecond,
    plain,
    toSecond,
  ]),
  balanced("use-server", "use-server s2 if { path /two }", { s1: "", s2: "" }, [plain, get("/two", CLOSE), plain]),
  balanced("a stick table", "stick-table type string len 16 size 1k\nstick on path", { s1: "", s2: "" }, [
    plain,
    plain,
    plain,
  ]),
  {
    name: "operators: what counts as balanced, the last server",
    alone: true,
    config: http({ backend: "option prefer-last-server", servers: { s1: "", s2: "" } }),
    servers: { s1: named("s1"), s2: named("s2") },
    client: async (talk) => {
      const peer = await talk.connect();
      for (let i = 0; i < 3; i++) {
        peer.send(get("/"));
        await peer.response();
      }
      peer.close();
      await talk.logged(3);
      await note(talk, "stot", "lbtot");
    },
  },
  {
    name: "operators: what counts as balanced, a queue",
    alone: true,
    config: http({ backend: "timeout queue 3s", servers: { s1: "maxconn 1" } }),
    servers: {
      s1: async (peer) => {
        await peer.request();
        await peer.sleep(200);
        peer.send(ok("s1", CLOSE));
        peer.close();
      },
    },
    client: async (talk) => {
      await Promise.all([talk.once(plain), talk.once(plain), talk.once(plain)]);
      await talk.logged(3);
      await note(talk, "stot", "lbtot");
    },
    compare: { logOrder: "any", timers: 300 },
  },
  ...["first", "leastconn", "uri"].flatMap((algorithm) => [
    refused(algorithm, "", ""),
    refused(algorithm, "", "backup"),
    refused(algorithm, "backup", "backup"),
    refused(`${algorithm}\noption allbackups`, "backup", "backup"),
  ]),
  {
    name: "operators: fullconn counts every frontend that names the backend",
    config: `${SILENT}frontend fe
    bind 127.0.0.1:{fe}
    maxconn 100
    use_backend be1 if { path /1 }
    use_backend be1 if { path /2 }
    use_backend %[path,field(2,/)] if { path_beg /3 }
    default_backend be2
listen be3
    bind 127.0.0.1:{second}
    maxconn 55
    use_backend be1 if { path /x }
    default_backend be2
backend be1
    server s1 127.0.0.1:{s1}
backend be2
    server s1 127.0.0.1:{s1}
backend be4
    server s1 127.0.0.1:{s1}
`,
    servers: { s1: named("s1") },
    client: (talk) => note(talk, "slim"),
  },
  {
    name: "operators: dynamic cookies in show stat",
    config: `${SILENT}    dynamic-cookie-key fromdefaults
frontend fe
    bind 127.0.0.1:{fe}
    default_backend be1
backend be1
    cookie SRV insert indirect nocache dynamic
    dynamic-cookie-key secret
    server a 127.0.0.1:8001
    server b 127.0.0.2:65535
    server c ::1:8001
    server d 127.0.0.3:8001 cookie own
    server e /tmp/nowhere.sock
    server f 127.0.0.4:+5
backend be2
    cookie SRV insert dynamic
    server a 127.0.0.1:8001
backend be3
    cookie SRV insert
    server a 127.0.0.1:8001
`,
    client: async (talk) => {
      await talk.command("set server {@be1}/a addr 127.0.0.9 port 9000");
      await note(talk, "cookie", "addr");
    },
  },
  {
    name: "operators: dynamic cookies keep clients on their servers",
    config: http({
      backend: "cookie SRV insert indirect nocache dynamic\ndynamic-cookie-key secret",
      servers: { s1: "", s2: "", s3: "cookie mine" },
    }),
    servers: { s1: named("s1"), s2: named("s2"), s3: named("s3") },
    client: async (talk) => {
      for (let i = 0; i < 3; i++) {
        const first = await talk.once(plain);
        const cookie = /set-cookie: (SRV=[^;]*)(.*)/i.exec(first)!;
        talk.note(`cookie ${i}`, cookie[1]!.replace(/[0-9a-f]{16}/, "HASH") + cookie[2]!);
        for (let j = 0; j < 2; j++) {
          const again = await talk.once(get("/", CLOSE, `Cookie: ${cookie[1]}`));
          talk.note(`kept ${i} ${j}`, [
            again.slice(-2),
            again.slice(-2) === first.slice(-2),
            /set-cookie/i.test(again),
          ]);
        }
      }
      await talk.logged(9);
    },
    compare: { received: false },
  },
  {
    name: "operators: show servers state of servers of many kinds",
    config: `${SILENT}frontend fe
    bind 127.0.0.1:{fe}
    default_backend be1
backend be1
    server a 127.0.0.1:8001 ssl verify none
    server b 127.0.0.1:8001 ssl verify none id 5
    server c 127.0.0.1:8001 check inter 1h port 90 addr 127.0.0.2 disabled
    server d 127.0.0.1:8001 check inter 1h addr 127.0.0.3 disabled
    server e localhost:8001 init-addr libc
    server f 127.0.0.1:+100
    server g 127.0.0.1:-100
    server h 127.0.0.1
    server i /tmp/nowhere.sock
    server j abns@nowhere
    server k ::1:8001 weight 7
    server l 127.0.0.1:8001 track {@be1}/c
    server m 127.0.0.1:8001 port 95
    server-template t 2-3 localhost:8001 init-addr libc
backend be2
    id 7700
    server a 127.0.0.1:8001 weight 0
`,
    client: async (talk) => {
      await states(talk, "be1", "first");
      const [, , row = ""] = (await talk.command("show servers state {@be2}")).split("\n");
      talk.note("forced", row.split(" ").slice(15, 17));
      await talk.command("set server {@be1}/f addr 127.0.0.2");
      await talk.command("set server {@be1}/k addr 127.0.0.2 port 8002");
      await states(talk, "be1", "later");
    },
  },
  {
    name: "operators: variables in addresses outside of quotes",
    global: "setenv TARGET 127.0.0.1\nsetenv NET 127.0.0",
    config: `
defaults
    mode http
    log \${TARGET}:{log} local0
    option httplog
    timeout connect 2s
    timeout client 3s
    timeout server 3s
frontend fe
    bind \${TARGET}:{fe}
    http-response set-header X-Text \${TARGET}
    default_backend be
backend be
    server s1 $TARGET:{s1} source \${NET}.7
    server s2 \${NOT_SET}\${TARGET}:{s2} disabled
`,
    servers: { s1: named("s1"), s2: named("s2") },
    client: async (talk) => {
      await talk.once(plain);
      await talk.logged(1);
    },
  },
  {
    name: "operators: a WebSocket server without proof",
    config: http(),
    servers: {
      s1: async (peer) => {
        await peer.until("\r\n\r\n");
        peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi");
        await peer.closed(3000);
      },
    },
    client: async (talk) => {
      await talk.once(get("/", ...upgradeFields));
      await talk.logged(1);
    },
  },
  {
    name: "operators: the log of a listen with a cookie that answers by itself",
    config: `
defaults
    mode http
    log 127.0.0.1:{log} local0
    option httplog
    timeout connect 2s
    timeout client 300ms
    timeout server 3s
    timeout tarpit 50ms
listen fe
    bind 127.0.0.1:{fe}
    monitor-uri /monitor
    cookie SRV insert indirect
    http-request deny if { path /deny }
    http-request tarpit if { path /tarpit }
    http-request return status 200 if { path /return }
    http-request reject if { path /reject }
    http-request redirect location /x if { path /first }
    http-request wait-for-body time 100ms if { path /wait }
    redirect location /x if { path /redirect }
    redirect location /x set-cookie A=b if { path /set }
    use_backend be if { path_beg /be }
    server s1 127.0.0.1:{s1} cookie one
listen be
    bind 127.0.0.1:{second}
    http-request tarpit if { path /be-tarpit }
    http-request return status 201 if { path /be-return }
    http-request deny
    cookie SRV insert indirect
    server s1 127.0.0.1:{s1} cookie one
`,
    servers: { s1: named("s1") },
    client: async (talk) => {
      let lines = 0;
      for (const path of [
        "/deny",
        "/tarpit",
        "/return",
        "/reject",
        "/first",
        "/redirect",
        "/set",
        "/be",
        "/be-tarpit",
        "/be-return",
        "/",
      ]) {
        for (const cookie of ["a=b", "SRV=one"]) {
          const peer = await talk.connect();
          peer.send(get(path, CLOSE, `Cookie: ${cookie}`));
          await peer.closed(3000);
          await talk.logged(++lines);
        }
      }
      for (const bad of ["nonsense\r\n\r\n", "GET /", "POST /wait HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n"]) {
        const peer = await talk.connect();
        peer.send(bad);
        await peer.closed(3000);
        await talk.logged(++lines);
      }
    },
  },
];
