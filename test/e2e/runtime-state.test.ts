/** What the runtime API changes of frontends, checks, cookies and variables: in all workers at once, in those that start later, over reload and upgrade. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { freePort } from "../harness/ports.ts";
import { type Proxy, ask } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { respond, startServer } from "../harness/server.ts";
import { becomes, eventually, field, info, reload, startServing, workers } from "./tools.ts";

async function request(port: number, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/`, { keepalive: false, headers, signal: AbortSignal.timeout(5000) });
}

/** What so many clients at the same time come to: texts and error codes, each once. */
async function outcomes(port: number): Promise<string> {
  const all = await Promise.all(
    Array.from({ length: 18 }, () =>
      request(port).then(
        (response) => response.text(),
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      ),
    ),
  );
  return [...new Set(all)].sort().join(" and ");
}

async function command(proxy: Proxy, ...lines: string[]): Promise<void> {
  for (const line of lines) expect(await proxy.runtime(line)).toBe("\n");
}

async function replaceWorker(proxy: Proxy): Promise<void> {
  const [doomed] = workers(proxy);
  process.kill(doomed!, "SIGKILL");
  await eventually("a new worker", () => workers(proxy).length === 3 && !workers(proxy).includes(doomed!));
  await info(proxy, "Pid");
}

const head = `
global
    nbthread 3
    maxconn 200
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
`;

test("a frontend refuses connections while it is disabled, whatever happens meanwhile", async () => {
  await using scope = new Scope();
  const [port, other] = [freePort(), freePort()];
  const config = `${head}
frontend web
    bind 127.0.0.1:${port}
    http-request return content-type text/plain string web
frontend other
    bind 127.0.0.1:${other}
    http-request return content-type text/plain string other
`;
  const proxy = await startServing(scope, config);
  const both = async (): Promise<string> => `${await outcomes(port)}, ${await outcomes(other)}`;
  expect(await both()).toBe("web, other");
  await command(proxy, "disable frontend web");
  expect(await both()).toBe("ECONNREFUSED, other");
  await replaceWorker(proxy);
  expect(await both()).toBe("ECONNREFUSED, other");
  await reload(proxy);
  expect(await both()).toBe("ECONNREFUSED, other");
  expect(await field(proxy, "web/FRONTEND", "status")).toBe("PAUSED");
  await command(proxy, "enable frontend web");
  expect(await both()).toBe("web, other");

  await command(proxy, "shutdown frontend other");
  expect(await both()).toBe("web, ECONNREFUSED");
  // Its address is free for others.
  Bun.listen({ hostname: "127.0.0.1", port: other, socket: { data() {} } }).stop(true);
  await replaceWorker(proxy);
  expect(await both()).toBe("web, ECONNREFUSED");
  expect(await field(proxy, "other/FRONTEND", "status")).toBe("STOP");
  expect(await proxy.runtime("reload")).toContain("other: was shut down, accepts connections again");
  expect(await both()).toBe("web, other");
  expect(await field(proxy, "other/FRONTEND", "status")).toBe("OPEN");

  await command(proxy, "disable frontend web", "shutdown frontend other");
  expect(await proxy.runtime("upgrade")).toStartWith("ok\n");
  expect(await both()).toBe("ECONNREFUSED, other");
  await command(proxy, "enable frontend web");
  expect(await both()).toBe("web, other");
}, 40_000);

test("limits of connections hold over all workers", async () => {
  await using scope = new Scope();
  const port = freePort();
  const proxy = await startServing(
    scope,
    `${head}
frontend web
    bind 127.0.0.1:${port}
    maxconn 50
    tcp-request inspect-delay 1s
    http-request return status 200
`,
  );
  const open = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
      scope.defer(() => socket.terminate());
    }
  };
  const current = async (): Promise<number> => Number(await field(proxy, "web/FRONTEND", "scur"));
  await command(proxy, "set maxconn frontend web 4");
  await open(20);
  await becomes(async () => (await current()) >= 4, true);
  // Each of three workers may be in the middle of one more.
  expect(await current()).toBeLessThanOrEqual(6);
  await command(proxy, "set maxconn frontend web 12");
  await becomes(async () => (await current()) >= 12, true);
  expect(await current()).toBeLessThanOrEqual(14);
  await command(proxy, "set maxconn frontend web 50");
  await becomes(current, 20);
  await command(proxy, "set maxconn global 22");
  await open(10);
  await becomes(async () => (await current()) >= 22, true);
  expect(await current()).toBeLessThanOrEqual(24);
  await command(proxy, "set maxconn global 0");
  await becomes(current, 30);
}, 30_000);

test("checks stay off, and go to another port, when the worker that makes them is another one", async () => {
  await using scope = new Scope();
  const [port, moved] = [freePort(), freePort()];
  const asked = { first: 0, moved: 0 };
  const serve = (at: number, name: keyof typeof asked): void => {
    const answer = (): string => {
      asked[name]++;
      return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    };
    startServer(scope, respond(answer), at);
  };
  serve(port, "first");
  serve(moved, "moved");
  const proxy = await startServing(
    scope,
    `${head}
backend app
    option httpchk
    server s1 127.0.0.1:${port} check inter 50ms
`,
  );
  const rests = async (name: keyof typeof asked): Promise<boolean> => {
    const before = asked[name];
    await Bun.sleep(300);
    return asked[name] === before;
  };
  expect(await rests("first")).toBe(false);
  await command(proxy, "disable health app/s1");
  await Bun.sleep(100);
  expect(await rests("first")).toBe(true);
  await replaceWorker(proxy);
  await reload(proxy);
  expect(await rests("first")).toBe(true);
  await command(proxy, "enable health app/s1");
  expect(await rests("first")).toBe(false);
  await command(proxy, `set server app/s1 check-port ${moved}`);
  await Bun.sleep(100);
  expect(await rests("first")).toBe(true);
  expect(await rests("moved")).toBe(false);
  await replaceWorker(proxy);
  expect(await rests("first")).toBe(true);
  expect(await rests("moved")).toBe(false);
}, 30_000);

test("the key of dynamic cookies, and variables", async () => {
  await using scope = new Scope();
  const [port, server] = [freePort(), freePort()];
  startServer(scope, respond("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), server);
  const config = (key: string): string => `${head}
frontend web
    bind 127.0.0.1:${port}
    http-request set-var(proc.seen) req.hdr(x-seen) if { req.hdr(x-seen) -m found }
    default_backend app
backend app
    cookie SRV insert dynamic
    dynamic-cookie-key ${key}
    server s1 127.0.0.1:${server}
`;
  const proxy = await startServing(scope, config("file"));
  const cookies = async (): Promise<string> => {
    const all = await Promise.all(Array.from({ length: 18 }, () => request(port)));
    return [
      ...new Set(all.map((response) => /SRV=(\w*)/.exec(response.headers.get("set-cookie") ?? "none")?.[1])),
    ].join();
  };
  const first = await cookies();
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  await command(proxy, "set dynamic-cookie-key backend app other");
  const second = await cookies();
  expect(second).toMatch(/^[0-9a-f]{16}$/);
  expect(second).not.toBe(first);
  await replaceWorker(proxy);
  expect(await cookies()).toBe(second);
  await reload(proxy);
  expect(await cookies()).toBe(second);
  expect(await ask(proxy.socket, "upgrade")).toStartWith("ok\n");
  expect(await cookies()).toBe(second);
  // The file wins where it changed.
  writeFileSync(
    proxy.file,
    (await Bun.file(proxy.file).text()).replace("dynamic-cookie-key file", "dynamic-cookie-key new"),
  );
  await reload(proxy);
  const third = await cookies();
  expect([first, second]).not.toContain(third);

  expect(await proxy.runtime("get var proc.seen")).toBe("Variable not found.\n\n");
  for (const value of ["one", "two", "three"]) {
    await request(port, { "X-Seen": value });
    expect(await proxy.runtime("get var proc.seen")).toBe(`proc.seen: type=str value=<${value}>\n`);
  }
}, 40_000);

test("what was said about the configuration in force can be read again", async () => {
  await using scope = new Scope();
  const port = freePort();
  const proxy = await startServing(
    scope,
    `${head}
frontend web
    bind 127.0.0.1:${port}
    http-request del-map(/nowhere.map) x
    http-request return status 200
`,
  );
  const lines = (await proxy.runtime("show startup-logs")).trim().split("\n");
  expect(lines.some((line) => /^\[WARNING\] +\(\d+\) : config : .*no map reads '\/nowhere.map'/.test(line))).toBe(true);
  writeFileSync(proxy.file, (await Bun.file(proxy.file).text()).replace(/.*nowhere.*\n/, ""));
  await reload(proxy);
  expect(await proxy.runtime("show startup-logs")).not.toContain("nowhere");
}, 20_000);
