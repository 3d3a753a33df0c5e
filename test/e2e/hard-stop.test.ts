/** `hard-stop-after`: sessions that outlast a drain are ended and logged, with K as their cause (manual, section 8.5). */
import { describe, expect, test } from "bun:test";
import { switching, upgradeFields, get } from "../diff/build.ts";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { haproxyPath, startHaproxy, startTlb } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startServer } from "../harness/server.ts";
import { startSyslog } from "../harness/syslog.ts";

interface Case {
  readonly name: string;
  readonly mode: "http" | "tcp";
  readonly send: string;
  readonly answer: string;
  /** In the line, as far as it does not tell times. */
  readonly logged: string;
  /** What the client has got in the end. */
  readonly received: RegExp;
}

const cases: readonly Case[] = [
  {
    name: "waits for its server",
    mode: "http",
    send: get("/"),
    answer: "",
    logged: "be/s1 502 KH--",
    received: /^HTTP\/1.1 502 /,
  },
  {
    name: "is in its response",
    mode: "http",
    send: get("/"),
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    logged: "be/s1 200 KD--",
    received: /\r\n\r\nabc$/,
  },
  {
    name: "is a tunnel",
    mode: "http",
    send: get("/", ...upgradeFields),
    answer: switching(),
    logged: "be/s1 101 K---",
    received: /^HTTP\/1.1 101 /,
  },
  { name: "is of mode tcp", mode: "tcp", send: "\r\n\r\n", answer: "abc", logged: "be/s1 K-", received: /^abc$/ },
];

const proxies = [
  { proxy: "tlb", start: startTlb },
  ...(haproxyPath === null ? [] : [{ proxy: "haproxy", start: startHaproxy }]),
];

describe.each(proxies)("$proxy", ({ start }) => {
  test.each(cases)("a session that $name", async ({ mode, send, answer, logged, received }) => {
    await using scope = new Scope();
    const [front, back, logs] = [freePort(), freePort(), freePort()];
    const log = await startSyslog(scope, logs);
    startServer(
      scope,
      async (peer) => {
        await peer.until("\r\n\r\n");
        peer.send(answer);
      },
      back,
    );
    const proxy = await start(
      scope,
      `global
    nbthread 1
    hard-stop-after 300ms
defaults
    mode ${mode}
    log 127.0.0.1:${logs} local0
    log-format "%Tt %B %b/%s ${mode === "http" ? "%ST %tsc" : "%ts"}"
    timeout client 5s
    timeout server 5s
    timeout connect 1s
frontend fe
    bind 127.0.0.1:${front}
    default_backend be
backend be
    server s1 127.0.0.1:${back}
`,
    );
    const client = await connect(scope, front);
    client.send(send);
    await Bun.sleep(100);
    proxy.program.signal("SIGUSR1");
    await client.closed();
    expect(client.received).toMatch(received);
    expect(client.closeKind).toBe("fin");
    await proxy.program.exited;
    const told = log.lines.filter((line) => line.includes("be/s1"));
    expect(told.map((line) => line.slice(line.indexOf("be/s1")))).toEqual([logged]);
  });
});
