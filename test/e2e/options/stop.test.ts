/** What SIGUSR1 does to clients: grace, close-spread-time and option idle-close-on-response, as with HAProxy. */
import { describe, expect, test } from "bun:test";
import { connect } from "../../harness/client.ts";
import type { Peer } from "../../harness/peer.ts";
import { freePort } from "../../harness/ports.ts";
import type { Proxy } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { eventually } from "../tools.ts";
import { programs } from "./observe.ts";

const GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

function config(global: string, port: number, lines = ""): string {
  return `global
    nbthread 1
    ${global}
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
listen web
    bind 127.0.0.1:${port}
    ${lines}
    monitor-uri /alive
    monitor fail if { stopping }
    http-request return status 200 content-type text/plain string hi
`;
}

/** Connections that have had an answer and wait for the next request. */
async function idle(scope: Scope, port: number, count: number): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (let i = 0; i < count; i++) {
    const peer = await connect(scope, port);
    peer.send(GET);
    expect(await peer.response()).toEndWith("hi");
    peers.push(peer);
  }
  return peers;
}

async function refused(scope: Scope, port: number): Promise<boolean> {
  return connect(scope, port).then(
    (peer) => (peer.reset(), false),
    () => true,
  );
}

const openOf = (peers: readonly Peer[]): number => peers.filter(({ closeKind }) => closeKind === "open").length;

async function ended(proxy: Proxy): Promise<void> {
  await eventually("the end", () => !proxy.program.running, 5000);
}

describe.each(programs)("%s", (name, start) => {
  test("grace: clients are served as before for a while, and the sample stopping is true", async () => {
    await using scope = new Scope();
    const port = freePort();
    const proxy = await start(scope, config("grace 800ms", port));
    const [waiting] = await idle(scope, port, 1);
    const ask = async (): Promise<string> => {
      const peer = await connect(scope, port);
      peer.send("GET /alive HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      return (await peer.response()).slice(9, 12);
    };
    expect(await ask()).toBe("200");
    proxy.program.signal("SIGUSR1");
    await eventually("it is told", async () => (await ask()) === "503", 700);
    expect(waiting!.closeKind).toBe("open");
    waiting!.send(GET);
    expect(await waiting!.response()).not.toMatch(/connection: close/i);
    await eventually("nobody is accepted any more", () => refused(scope, port), 2500);
    // HAProxy 2.6 looks for idle connections when the grace time begins, and not again.
    if (name === "tlb") await waiting!.closed();
    else waiting!.close();
    await ended(proxy);
  });

  test("without any of them, idle connections are closed at once", async () => {
    await using scope = new Scope();
    const port = freePort();
    const proxy = await start(scope, config("", port));
    const peers = await idle(scope, port, 6);
    proxy.program.signal("SIGUSR1");
    await eventually("they are closed", () => openOf(peers) === 0, 400);
    await ended(proxy);
  });

  test("option idle-close-on-response: they get one more answer, which says that it is the last", async () => {
    await using scope = new Scope();
    const port = freePort();
    const proxy = await start(scope, config("", port, "option idle-close-on-response"));
    const [peer] = await idle(scope, port, 1);
    proxy.program.signal("SIGUSR1");
    await eventually("nobody is accepted any more", () => refused(scope, port));
    await Bun.sleep(300);
    expect(peer!.closeKind).toBe("open");
    peer!.send(GET);
    expect(await peer!.response()).toMatch(/connection: close/i);
    await peer!.closed();
    await ended(proxy);
  });

  test("close-spread-time: they are closed one after the other", async () => {
    await using scope = new Scope();
    const port = freePort();
    const proxy = await start(scope, config("close-spread-time 2s", port));
    const peers = await idle(scope, port, 24);
    proxy.program.signal("SIGUSR1");
    await eventually("nobody is accepted any more", () => refused(scope, port));
    await Bun.sleep(500);
    // Twelve and more of 24 within a quarter of the time, or none: one in thousands.
    expect(openOf(peers)).toBeGreaterThan(12);
    await eventually("all are closed", () => openOf(peers) === 0, 3500);
    await ended(proxy);
  });

  test("close-spread-time infinite: it is left to the clients", async () => {
    await using scope = new Scope();
    const port = freePort();
    const proxy = await start(scope, config("close-spread-time infinite", port));
    const [peer] = await idle(scope, port, 1);
    proxy.program.signal("SIGUSR1");
    await eventually("nobody is accepted any more", () => refused(scope, port));
    for (let i = 0; i < 3; i++) {
      await Bun.sleep(100);
      peer!.send(GET);
      expect(await peer!.response()).not.toMatch(/connection: close/i);
    }
    peer!.close();
    await ended(proxy);
  });
});
