/** Clients that are gone before they are accepted: the log knows all the same where they came from, as HAProxy's does. */
import { expect, test } from "bun:test";
import { connect } from "../harness/client.ts";
import { freePort } from "../harness/ports.ts";
import { type Proxy, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { startSyslog } from "../harness/syslog.ts";
import { eventually, startServing, workers } from "./tools.ts";

async function play(start: (scope: Scope, config: string) => Promise<Proxy>): Promise<string[]> {
  await using scope = new Scope();
  const ports = [freePort(), freePort(), freePort()];
  const log = await startSyslog(scope, freePort());
  const proxy = await start(
    scope,
    `global
    nbthread 1
defaults
    mode http
    log 127.0.0.1:${log.port} local0
    option httplog
    timeout connect 1s
    timeout client 3s
    timeout server 3s
frontend v4
    bind 127.0.0.1:${ports[0]}
frontend v6
    bind ::1:${ports[1]}
frontend both
    bind :::${ports[2]} v4v6
`,
  );
  const pid = proxy.name === "tlb" ? workers(proxy)[0]! : proxy.program.pid;
  const seen: string[] = [];
  for (const [port, host] of [
    [ports[0]!, "127.0.0.1"],
    [ports[1]!, "::1"],
    [ports[2]!, "127.0.0.1"],
  ] as const) {
    const before = log.lines.length;
    process.kill(pid, "SIGSTOP");
    let own = 0;
    try {
      const client = await connect(scope, { host, port });
      own = client.socket!.localPort;
      client.reset();
      await Bun.sleep(30);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await eventually("a line", () => log.lines.length > before);
    const [, source, line] = /: (\S+) \[[^\]]+\] (.*)$/.exec(log.lines.at(-1)!)!;
    seen.push(`${source!.replace(`:${own}`, ":OWN")} ${line!.replaceAll(/-?\d+(\/-?\d+){4}/g, "T")}`);
  }
  return seen;
}

test.skipIf(Bun.which("haproxy") === null)(
  "a client that resets before it is accepted is logged with its address",
  async () => {
    const theirs = await play(startHaproxy);
    expect(theirs[0]).toStartWith("127.0.0.1:OWN ");
    expect(await play(startServing)).toEqual(theirs);
  },
  60_000,
);
