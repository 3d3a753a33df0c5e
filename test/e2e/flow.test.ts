/** Rules that change the flow, where bytes and log lines do not tell: names resolved by the system, counters, options of sockets. */
import { describe, expect, test } from "bun:test";
import { AF_INET } from "../../src/ffi/sockaddr.ts";
import { getIntOption, IP_TOS, IPPROTO_IP, setTos } from "../../src/ffi/socket-options.ts";
import { fdOf } from "../../src/net/fd.ts";
import { connect } from "../harness/client.ts";
import { startDns, TYPE } from "../harness/dns.ts";
import { freePort } from "../harness/ports.ts";
import { type Proxy, startHaproxy } from "../harness/proxy.ts";
import { Scope } from "../harness/scope.ts";
import { ok, respond, startServer } from "../harness/server.ts";
import { startServing, stats } from "./tools.ts";

const haproxy = Bun.which("haproxy");

async function within(work: (scope: Scope) => Promise<void>): Promise<void> {
  await using scope = new Scope();
  await work(scope);
}

function config(port: number, frontend: string, server = 1, backend = ""): string {
  return `global
    nbthread 1
defaults
    mode http
    timeout connect 2s
    timeout client 3s
    timeout server 3s
    timeout tarpit 50ms
frontend www
    bind 127.0.0.1:${port}
    default_backend app
${frontend}
backend app
${backend}
    server s1 127.0.0.1:${server}
`;
}

test("do-resolve waits for the answer and goes on at the next rule, also in a pipeline", () =>
  within(async (scope) => {
    const port = freePort();
    const rules = `
    http-request do-resolve(txn.ip,ours,ipv4) req.hdr(x-name)
    http-request return status 200 content-type text/plain lf-string "<%[var(txn.ip)]>"`;
    const dns = freePort();
    await startDns(scope, "127.0.0.1", dns, ({ name }) =>
      name === "four.test" ? [{ name, type: TYPE.A, data: "192.0.2.4" }] : { code: 3 },
    );
    const resolvers = `resolvers ours\n    nameserver one 127.0.0.1:${dns}\n`;
    await startServing(scope, config(port, rules) + resolvers);
    const client = await connect(scope, port);
    const ask = (name: string): string => `GET / HTTP/1.1\r\nHost: a\r\n${name}\r\n`;
    client.send(
      ask("X-Name: four.test\r\n") + ask("X-Name: no-such-name.invalid\r\n") + ask("") + ask("X-Name: four.test\r\n"),
    );
    const bodies: string[] = [];
    for (let i = 0; i < 4; i++) {
      const answer = await client.response({ ms: 20_000 });
      bodies.push(answer.slice(answer.indexOf("\r\n\r\n") + 4));
    }
    expect(bodies).toEqual(["<192.0.2.4>", "<>", "<>", "<192.0.2.4>"]);
  }));

test("a client that leaves while a name is resolved is let go", () =>
  within(async (scope) => {
    const port = freePort();
    const rules = `
    option abortonclose
    http-request do-resolve(txn.ip,default) str(no-such-name.invalid)
    http-request return status 204`;
    const proxy = await startServing(scope, config(port, rules));
    for (let i = 0; i < 20; i++) {
      const client = await connect(scope, port);
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      client.reset();
    }
    const last = await connect(scope, port);
    last.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(await last.response({ ms: 20_000 })).toStartWith("HTTP/1.1 204");
    expect((await stats(proxy)).get("www/FRONTEND")!.scur).toBe("0");
  }));

/** Denials and errors of each way to end a request, in the frontend or the backend. */
async function counters(scope: Scope, start: (scope: Scope, config: string) => Promise<Proxy>): Promise<unknown> {
  const port = freePort();
  const server = await startServer(
    scope,
    respond(() => ok("hi")),
  );
  const rules = (where: string) => `
    http-request tarpit if { path /${where}/tarpit }
    http-request reject if { path /${where}/reject }
    http-request silent-drop if { path /${where}/drop }
    http-request wait-for-body time 80ms if { path /${where}/body }`;
  const proxy = await start(
    scope,
    config(
      port,
      rules("front"),
      server.port,
      `${rules("back")}\n    http-response silent-drop if { res.hdr(x-none) -m found } or { status 200 }`,
    ),
  );
  for (const where of ["front", "back"]) {
    for (const what of ["tarpit", "reject", "drop", "body"]) {
      const client = await connect(scope, port);
      const length = what === "body" ? "Content-Length: 5\r\n" : "";
      client.send(`POST /${where}/${what} HTTP/1.1\r\nHost: a\r\n${length}\r\n`);
      if (what === "drop") await Bun.sleep(50);
      else await client.closed(400).catch(() => {});
      client.close();
    }
  }
  const client = await connect(scope, port);
  client.send("GET /answered HTTP/1.1\r\nHost: a\r\n\r\n");
  await Bun.sleep(100);
  const rows = await stats(proxy);
  const pick = [
    "stot",
    "ereq",
    "dreq",
    "dresp",
    "eresp",
    "cli_abrt",
    "hrsp_4xx",
    "hrsp_5xx",
    "hrsp_2xx",
    "intercepted",
    "req_tot",
  ];
  return Object.fromEntries(
    ["www/FRONTEND", "app/BACKEND", "app/s1"].map((row) => [
      row,
      Object.fromEntries(pick.map((name) => [name, rows.get(row)![name]])),
    ]),
  );
}

describe.skipIf(haproxy === null)("counters", () => {
  test(
    "of tarpit, reject, silent-drop and bodies that do not come are HAProxy's",
    () =>
      within(async (scope) => {
        const [theirs, ours] = [await counters(scope, startHaproxy), await counters(scope, startServing)];
        expect(ours).toEqual(theirs);
      }),
    20_000,
  );
});

test("the descriptor of a Bun socket takes options", () =>
  within(async (scope) => {
    const seen = Promise.withResolvers<number>();
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open(socket) {
          const fd = fdOf(socket);
          expect(setTos(fd, AF_INET, 0x20)).toBe(0);
          seen.resolve(getIntOption(fd, IPPROTO_IP, IP_TOS));
        },
        data() {},
      },
    });
    scope.defer(() => listener.stop(true));
    await connect(scope, listener.port);
    expect(await seen.promise).toBe(0x20);
  }));
