/** halog, HAProxy's own log reader, on the lines of both programs for the same traffic. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { run } from "../harness/program.ts";
import { haproxyPath, type Proxy, startHaproxy, startTlb } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { startSyslog } from "../harness/syslog.ts";
import { eventually, installed } from "./tools.ts";

/** Bytes of a status line, of fields and of a body differ by nothing; what takes time does. */
const REPORTS: readonly (readonly string[])[] = [
  ["-st"],
  ["-tc"],
  ["-cc"],
  ["-c"],
  ["-e", "-c"],
  ["-E", "-c"],
  ["-H", "-c"],
  ["-v", "-H", "-c"],
  ["-Q", "-c"],
  ["-QS", "-c"],
  ["-tcn", "SC", "-c"],
  ["-TCN", "--", "-c"],
  ["-hs", "404", "-c"],
  ["-hs", "500:", "-c"],
  ["-HS", "200:299", "-c"],
  ["-rt", "100", "-c"],
  ["-ac", "0", "-ad", "100000", "-c"],
  ["-hdr", "1:1"],
  ["-hdr", "2:1"],
];
/** With averages of times, in these columns. */
const TIMED: readonly (readonly [args: readonly string[], times: readonly number[]])[] = [
  [["-srv"], [10, 11]],
  [["-u"], [2, 3, 4, 5]],
  [["-uc"], [2, 3, 4, 5]],
  [
    ["-u", "-query"],
    [2, 3, 4, 5],
  ],
  [["-ic"], [2, 3, 4, 5]],
];

async function lines(scope: Scope, start: (scope: Scope, config: string) => Promise<Proxy>): Promise<string> {
  const log = await startSyslog(scope);
  const [web, plain, dead] = [freePort(), freePort(), freePort()];
  const statuses = /^GET \/status\/(\d+)/;
  const server = startServer(
    scope,
    respond((text) => {
      const status = statuses.exec(text)?.[1];
      return status === undefined
        ? ok("x".repeat(Number(/^GET \/bytes\/(\d+)/.exec(text)?.[1] ?? 10)), "Server: test")
        : `HTTP/1.1 ${status} Some\r\nContent-Length: 0\r\nServer: test\r\n\r\n`;
    }),
  );
  const slow = startServer(scope, async (peer) => {
    await peer.request(600_000);
    await Bun.sleep(250);
    peer.send(ok("slow"));
  });
  await start(
    scope,
    `defaults
    mode http
    log 127.0.0.1:${log.port} local0
    option httplog
    option dontlognull
    retries 0
    timeout connect 1s
    timeout client 1s
    timeout server 1s
    timeout http-request 300ms
frontend web
    bind 127.0.0.1:${web}
    capture request header host len 20
    capture request header user-agent len 20
    capture response header server len 10
    capture cookie SID= len 10
    http-request deny if { path /denied }
    http-request redirect location /there if { path /moved }
    use_backend none if { path_beg /none }
    use_backend slow if { path_beg /slow }
    use_backend refused if { path_beg /refused }
    default_backend app
backend app
    cookie SRV insert indirect
    server s1 127.0.0.1:${server.port} cookie one
    server s2 127.0.0.1:${server.port} cookie two
backend slow
    server slow 127.0.0.1:${slow.port} maxconn 1
backend refused
    server dead 127.0.0.1:${dead}
backend none
listen plain
    mode tcp
    option tcplog
    bind 127.0.0.1:${plain}
    server t1 127.0.0.1:${server.port}
`,
  );
  let wanted = 0;
  const ask = async (text: string, port = web): Promise<void> => {
    const peer = await connect(scope, port);
    peer.send(text);
    await peer.response().catch(() => "");
    peer.close();
    await eventually("its line", () => log.lines.length > wanted);
    wanted = log.lines.length;
  };
  const get = (path: string, ...fields: string[]): Promise<void> =>
    ask([`GET ${path} HTTP/1.1`, "Host: example.test", "Connection: close", ...fields, "", ""].join("\r\n"));
  for (const path of [
    "/",
    "/a?x=1",
    "/a?x=2",
    "/a",
    "/bytes/5000",
    "/bytes/5000",
    "/denied",
    "/moved",
    "/none",
    "/refused",
  ])
    await get(path, "User-Agent: me");
  for (const status of [200, 204, 301, 304, 404, 404, 500, 502]) await get(`/status/${status}`);
  await get("/", "Cookie: SRV=two; SID=abc");
  await get("/", "Cookie: SRV=gone");
  await get("/slow");
  await ask("BROKEN\r\n\r\n");
  await ask("GET /slowly HTTP/1.1\r\n");
  await ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", plain);
  // As a syslog daemon writes them: without the priority, with the name of the host.
  return log.lines.map((line) => line.replace(/^<\d+>(\w{3} [ \d]\d [\d:]{8}) /, "$1 host ") + "\n").join("");
}

test.skipIf(haproxyPath === null || !installed("halog"))(
  "its reports are the same",
  async () => {
    await using scope = new Scope();
    const dir = scope.tempDir();
    const [want, got] = [join(dir, "haproxy.log"), join(dir, "tlb.log")];
    writeFileSync(want, await lines(scope, startHaproxy));
    writeFileSync(got, await lines(scope, startTlb));
    const report = async (file: string, args: readonly string[], times: readonly number[] = []): Promise<string[]> => {
      const { stdout, stderr } = await run(["halog", ...args], { stdin: await Bun.file(file).text() });
      return (
        stdout
          .split("\n")
          .map((line) =>
            line
              .split(/\s+/)
              .filter((_, column) => !times.includes(column))
              .join(" "),
          )
          // It names the line of tcp.
          .concat(stderr.replaceAll(/^(Truncated line \d+): .*$/gm, "$1"))
          .sort()
      );
    };
    for (const args of REPORTS)
      expect({ args, out: await report(got, args) }).toEqual({ args, out: await report(want, args) });
    for (const [args, times] of TIMED)
      expect({ args, out: await report(got, args, times) }).toEqual({ args, out: await report(want, args, times) });
    expect((await report(got, ["-c"])).filter((line) => /^\d+$/.test(line))).toEqual(["24"]);
  },
  60_000,
);
