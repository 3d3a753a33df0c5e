import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, connect } from "../client.helper.ts";
import { FakeContext, model, proxy, server, statsSocket } from "../fake.helper.ts";
import { openSocket, type OpenSocket } from "../socket.helper.ts";
import { serveRuntime, type RuntimeServer } from "./server.ts";

const folder = mkdtempSync(join(tmpdir(), "tlb-admin-"));
const path = (name: string): string => join(folder, name);
const levels = ["admin", "operator", "user"] as const;

/** Servers enough for answers far above what a socket buffers. */
const many = proxy("backend", "many", 3, {
  servers: Array.from({ length: 3000 }, (_, i) => server(`server${i}`, 1000 + i)),
});
const app = proxy("backend", "app", 2, { servers: [server("a", 1)] });
const small = model([app], { statsMaxconn: 3, statsTimeout: 5000 });
const big = model([app, many], { statsMaxconn: 3, statsTimeout: 5000 });

let ctx: FakeContext;
let sockets: OpenSocket[];
let runtime: RuntimeServer;

beforeAll(() => {
  ctx = new FakeContext(big);
  ctx.current = small;
  sockets = levels.map((level) => openSocket(statsSocket(path(level), level)));
  runtime = serveRuntime(ctx, sockets);
});

afterAll(() => {
  runtime.stop();
  for (const socket of sockets) socket.close();
  rmSync(folder, { recursive: true });
});

/** Connections end a moment after their clients saw the end. */
async function idle(): Promise<void> {
  for (let tries = 0; runtime.connections > 0; tries++) {
    if (tries > 400) throw new Error(`${runtime.connections} connections are left`);
    await Bun.sleep(5);
  }
}

test("a FIN before the answer changes nothing", async () => {
  expect(await ask(path("admin"), "show version\n")).toBe("0.1.0\n\n");
  await idle();
});

test("without a FIN the connection is closed after the answer", async () => {
  const client = await connect(path("admin"));
  client.send("show version\n");
  await client.closed;
  expect(client.text).toBe("0.1.0\n\n");
  await idle();
});

test("commands in several pieces, several commands in one", async () => {
  const client = await connect(path("admin"));
  client.send("show ver");
  await Bun.sleep(20);
  client.send("sion;get weight app/a\nshow cli level\n");
  await client.closed;
  expect(client.text).toBe("0.1.0\n\n1 (initial 1)\n\nadmin\n\n");
});

test("text without the end of its line is not run", async () => {
  expect(await ask(path("admin"), "set weight app/a 7")).toBe("");
  expect(await ask(path("admin"), "get weight app/a\n")).toBe("1 (initial 1)\n\n");
});

test("interactive mode lasts until quit", async () => {
  const client = await connect(path("user"));
  client.send("prompt\n");
  await client.until("\n> ");
  client.send("show cli level\n");
  await client.until("user\n\n> ");
  client.send("set server app/a weight 3\n");
  await client.until("Permission denied\n\n> ");
  client.send("quit\n");
  await client.closed;
  expect(client.text).toBe("\n> user\n\n> Permission denied\n\n> ");
  await idle();
});

test("levels", async () => {
  expect(await ask(path("operator"), "clear counters;show env HOME\n")).toBe(`\nHOME=${process.env["HOME"]}\n\n`);
  expect(await ask(path("operator"), "clear counters all\n")).toBe("Permission denied\n\n");
  expect(await ask(path("operator"), "set weight app/a 2;reload\n")).toBe("Permission denied\n\nPermission denied\n\n");
  expect(await ask(path("admin"), "user;operator;show cli level\n")).toBe("\nPermission denied\n\nuser\n\n");
  expect((await ask(path("user"), "show stat\n")).includes("127.0.0.1")).toBe(false);
  expect((await ask(path("operator"), "show stat\n")).includes("127.0.0.1:1,")).toBe(true);
});

test("a long answer waits for a slow client, and arrives whole", async () => {
  ctx.current = big;
  try {
    const client = await connect(path("admin"));
    client.pause();
    client.send("show stat typed;show version\n");
    await Bun.sleep(100);
    expect(runtime.connections).toBe(1);
    client.resume();
    await client.closed;
    expect(client.text.match(/svname/g)?.length).toBe(3003);
    expect(client.text.slice(-20)).toEndWith("\n\n0.1.0\n\n");
    expect(client.text.length).toBeGreaterThan(4_000_000);
  } finally {
    ctx.current = small;
  }
  await idle();
});

test("a client that sends commands without reading is not read either", async () => {
  ctx.current = big;
  try {
    const client = await connect(path("admin"));
    client.pause();
    client.send("show stat typed\n");
    // More than any buffer takes on the way, in commands that would run at once.
    for (let i = 0; i < 200; i++) client.send("get weight app/a;".repeat(256));
    await Bun.sleep(50);
    const { heapUsed } = process.memoryUsage();
    expect(heapUsed).toBeLessThan(400 * 1024 * 1024);
    client.resume();
    client.send("\n");
    await client.until("1 (initial 1)\n\n");
    client.vanish();
  } finally {
    ctx.current = small;
  }
  await idle();
});

test("a client that vanishes in the middle of an answer leaves nothing", async () => {
  ctx.current = big;
  const client = await connect(path("admin"));
  client.pause();
  client.send("show stat typed\n");
  await Bun.sleep(30);
  client.vanish();
  await idle();
  ctx.current = small;
  expect(await ask(path("admin"), "show version\n")).toBe("0.1.0\n\n");
});

test("a reload in the middle of a long answer breaks off that answer only", async () => {
  ctx.current = big;
  const client = await connect(path("admin"));
  client.pause();
  client.send("show stat typed\n");
  await Bun.sleep(30);
  const { slotOf } = ctx;
  ctx.slotOf = () => {
    throw new Error("gone");
  };
  client.resume();
  await client.closed;
  ctx.slotOf = slotOf;
  ctx.current = small;
  expect(client.text.slice(-60)).toEndWith("\nAnswer broken off: gone\n\n");
  await idle();
});

test("idle clients are closed", async () => {
  const client = await connect(path("admin"));
  client.send("prompt\nset timeout cli 1\n");
  await client.until("\n> \n> ");
  const before = Date.now();
  await client.closed;
  expect(Date.now() - before).toBeGreaterThan(800);
  expect(Date.now() - before).toBeLessThan(2500);
  await idle();
});

test("clients above stats maxconn wait for their turn", async () => {
  const first = await Promise.all([1, 2, 3].map(() => connect(path("admin"))));
  for (const client of first) client.send("prompt\n");
  await Promise.all(first.map((client) => client.until("> ")));
  const gone = await connect(path("admin"));
  const fourth = await connect(path("admin"));
  fourth.send("show version\n");
  await Bun.sleep(50);
  expect(fourth.text).toBe("");
  expect(runtime.connections).toBe(3);
  gone.vanish();
  first[0]!.send("quit\n");
  await fourth.closed;
  expect(fourth.text).toBe("0.1.0\n\n");
  for (const client of first) client.vanish();
  await idle();
});

test("payload lines get a prompt of their own", async () => {
  const client = await connect(path("admin"));
  client.send("prompt\nget weight app/a <<\n");
  await client.until("> + ");
  client.send("x\n");
  await client.until("+ + ");
  client.send("\n");
  await client.until("1 (initial 1)\n\n> ");
  client.vanish();
  expect(client.text).toBe("\n> + + 1 (initial 1)\n\n> ");
  await idle();
});

test("sockets come and go; connections stay", async () => {
  const client = await connect(path("user"));
  client.send("prompt\n");
  await client.until("> ");
  const extra = openSocket(statsSocket(path("extra"), "operator"));
  runtime.update([...sockets.slice(0, 2), extra]);
  expect(await ask(path("extra"), "show cli level\n")).toBe("operator\n\n");
  client.send("show cli level\n");
  await client.until("user\n");
  client.vanish();
  runtime.update(sockets);
  expect(existsSync(path("extra"))).toBe(true);
  extra.close();
  expect(await ask(path("user"), "show cli level\n")).toBe("user\n\n");
});

test("a socket with limits and severities of its own", async () => {
  const own = { ...statsSocket(path("own"), "admin"), maxconn: 1, severity: "string" } as const;
  const extra = openSocket(own);
  runtime.update([...sockets, extra]);
  const first = await connect(path("own"));
  first.send("prompt\n");
  await first.until("> ");
  const second = await connect(path("own"));
  second.send("get weight x\n");
  await Bun.sleep(60);
  expect(second.text).toBe("");
  // The others have their places.
  expect(await ask(path("user"), "show cli level\n")).toBe("user\n\n");
  first.vanish();
  await second.until("[err]: Require 'backend/server'.\n");
  second.vanish();
  runtime.update(sockets);
  extra.close();
});

test("severities", async () => {
  expect(await ask(path("admin"), "set severity-output number;get weight x;show version;get weight app/a\n")).toBe(
    "\n[3]: Require 'backend/server'.\n\n[6]: 0.1.0\n\n1 (initial 1)\n\n",
  );
});
