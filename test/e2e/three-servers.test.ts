/** The operator's first configuration: three web servers behind one backend with health checks, one of which dies under load and comes back. */
import { expect, test } from "bun:test";
import { startNginx } from "../harness/nginx.ts";
import { freePort } from "../harness/ports.ts";
import { run, type Program } from "../harness/program.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { becomes, busy, eventually, field, installed, startServing, stat, wrk } from "./tools.ts";

const names = ["api1", "api2", "api3"] as const;

/** A single process, so that its pid is all there is to kill. */
function startApi(scope: Scope, name: string, port: number): Promise<Program> {
  const http = `
    keepalive_requests 1000000;
    server {
      listen 127.0.0.1:${port};
      location / { add_header X-Server ${name}; return 200 "${name}\\n"; }
      location = /health { return 200 "fine\\n"; }
    }`;
  return startNginx(scope, http, port, { main: "master_process off;" });
}

test.skipIf(!installed("nginx", "wrk", "curl"))(
  "a server killed under load costs no request, is taken out, and comes back",
  async () => {
    await using scope = new Scope();
    const ports = names.map(() => freePort());
    const port = freePort();
    const servers = await Promise.all(names.map((name, index) => startApi(scope, name, ports[index]!)));
    const proxy = await startServing(
      scope,
      `
global
    maxconn 2000

defaults
    mode http
    retries 3
    option redispatch
    # What a killed server had read on a new connection, and not answered, goes to another one: redispatch alone is for failed connects.
    retry-on conn-failure empty-response
    timeout connect 1s
    timeout client 10s
    timeout server 10s

frontend web
    bind 127.0.0.1:${port}
    default_backend api_servers

backend api_servers
    mode http
    balance roundrobin
    option httpchk
    http-check send meth GET uri /health ver HTTP/1.1 hdr Host api.example.com
    http-check expect status 200
${names.map((name, index) => `    server ${name} 127.0.0.1:${ports[index]} check inter 200ms fall 3 rise 2`).join("\n")}
`,
    );
    const url = `http://127.0.0.1:${port}/`;
    const row = (name: string): string => `api_servers/${name}`;
    await eventually("all servers were checked", async () => {
      const seen = await Promise.all(names.map((name) => field(proxy, row(name), "check_status")));
      return seen.every((status) => status === "L7OK");
    });

    // Each worker takes the servers in turn.
    const answered = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const { code, stdout } = await run(["curl", "-sS", "--fail", url]);
      expect(code).toBe(0);
      answered.add(stdout.trim());
    }
    expect([...answered].sort()).toEqual([...names]);

    const load = wrk(url, 8);
    await eventually("the load runs", async () => (await stat(proxy, row("api2"), "stot")) > 500);
    servers[1]!.signal("SIGKILL");
    await becomes(() => field(proxy, row("api2"), "status"), "DOWN");
    expect(await stat(proxy, row("api2"), "chkdown")).toBe(1);
    const atDown = await stat(proxy, row("api2"), "stot");
    const others = await stat(proxy, row("api1"), "stot");
    await eventually("the others serve on", async () => (await stat(proxy, row("api1"), "stot")) > others + 500);
    expect(await stat(proxy, row("api2"), "stot")).toBe(atDown);
    expect(await stat(proxy, "api_servers/BACKEND", "act")).toBe(2);

    await startApi(scope, "api2", ports[1]!);
    await becomes(() => field(proxy, row("api2"), "status"), "UP");
    await eventually("it gets traffic again", async () => (await stat(proxy, row("api2"), "stot")) > atDown + 500);

    const { requests, bad, errors } = await load;
    expect({ bad, errors }).toEqual({ bad: 0, errors: 0 });
    expect(requests).toBeGreaterThan(1000);
    await becomes(() => busy(proxy), []);
    expect(await stat(proxy, "web/FRONTEND", "hrsp_5xx")).toBe(0);
  },
  60_000,
);

test.skipIf(!installed("curl"))(
  "one worker takes the servers strictly in turn, weights included",
  async () => {
    await using scope = new Scope();
    const port = freePort();
    const servers = names.map((name) => startServer(scope, respond(ok(name))));
    await startServing(
      scope,
      `
global
    nbthread 1
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
listen web
    bind 127.0.0.1:${port}
    balance roundrobin
${names.map((name, index) => `    server ${name} 127.0.0.1:${servers[index]!.port} weight ${index === 0 ? 20 : 10}`).join("\n")}
`,
    );
    const turns: string[] = [];
    for (let i = 0; i < 8; i++) {
      const { code, stdout } = await run(["curl", "-sS", "--fail", `http://127.0.0.1:${port}/`]);
      expect(code).toBe(0);
      turns.push(stdout);
    }
    expect(turns.slice(0, 4).sort()).toEqual(["api1", "api1", "api2", "api3"]);
    expect(turns.slice(4)).toEqual(turns.slice(0, 4));
  },
  60_000,
);
