/** The same commands to HAProxy and to this runtime API, and the same answers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { freePort } from "../../test/harness/ports.ts";
import { Scope } from "../../test/harness/scope.ts";
import { which } from "../../test/harness/program.ts";
import { ask } from "./client.helper.ts";
import { FakeContext } from "./fake.helper.ts";
import { haproxy, twin, type Twin } from "./haproxy.helper.ts";
import { commandsOf } from "./runtime/registry.ts";
import { unsupported } from "./runtime/unsupported.ts";
import { serveRuntime } from "./runtime/server.ts";
import { openSocket } from "./socket.helper.ts";

const scope = new Scope("file");
let pair: Twin;
let ctx: FakeContext;

beforeAll(async () => {
  if (haproxy === null) return;
  pair = await twin(scope, freePort);
  ctx = new FakeContext(pair.model);
  ctx.maxconn = ctx.hardMaxconn = 2000;
  ctx.queries = new Set(["shutdown-server", "shutdown-session"]);
  const sockets = pair.model.global.statsSockets.map(openSocket);
  const runtime = serveRuntime(ctx, sockets);
  scope.defer(() => {
    runtime.stop();
    for (const socket of sockets) socket.close();
  });
  // The only health check HAProxy makes on its own must be over.
  await Bun.sleep(200);
  for (const path of [pair.theirs.admin, pair.ours.admin]) await ask(path, "set server app/web1 health up\n");
});

afterAll(() => scope.close());

/** HAProxy's version and paths in place of ours. */
function alike(text: string): string {
  return text.replaceAll(/\b2\.6\.\d+[\w+-]*/g, "0.1.0").replaceAll("/haproxy-", "/tlb-");
}

async function both(command: string, level: keyof Twin["ours"] = "admin"): Promise<readonly [string, string]> {
  return [alike(await ask(pair.ours[level], command)), alike(await ask(pair.theirs[level], command))];
}

async function same(command: string, level: keyof Twin["ours"] = "admin"): Promise<void> {
  const [ours, theirs] = await both(`${command}\n`, level);
  // Lists of commands differ: only their title is compared.
  const title = /^(Unknown command|The following commands).*\n/;
  const [a, b] = [title.exec(ours), title.exec(theirs)];
  expect(`${command} → ${a && b ? a[0] : ours}`).toBe(`${command} → ${a && b ? b[0] : theirs}`);
}

/** State of every server and what `show stat` says of it, without times and the results of checks. */
async function states(path: string): Promise<string[]> {
  const lines: string[] = [];
  for (const line of (await ask(path, "show servers state\n")).split("\n")) {
    const f = line.split(" ");
    if (f.length < 25 || f[0] === "#") continue;
    // A server that left the maintenance of its configuration keeps a mark of it in HAProxy.
    f[6] = String(Number(f[6]) & ~4);
    lines.push(f.filter((_, i) => i < 9 || i > 11).join(" "));
  }
  for (const line of (await ask(path, "show stat\n")).split("\n").slice(1)) {
    const f = line.split(",");
    if (f.length > 99) lines.push([0, 1, 6, 17, 18, 19, 20, 22, 25, 69, 73, 99].map((i) => f[i]).join(","));
  }
  return lines;
}

async function sameStates(): Promise<void> {
  expect(await states(pair.ours.admin)).toEqual(await states(pair.theirs.admin));
}

interface Cell {
  readonly text: string;
  readonly filled: boolean;
}

async function table(path: string): Promise<{ header: string; rows: Map<string, Cell[]> }> {
  const [header, ...lines] = (await ask(path, "show stat\n")).split("\n");
  const rows = new Map<string, Cell[]>();
  for (const line of lines) {
    const fields = line.split(",");
    if (fields.length > 2)
      rows.set(
        `${fields[0]}/${fields[1]}`,
        fields.map((text) => ({ text, filled: text !== "" })),
      );
  }
  return { header: header!, rows };
}

describe.skipIf(haproxy === null)("compared with HAProxy", () => {
  for (const level of ["admin", "operator", "user"] as const) {
    test(`show stat has the same columns, rows and empty fields, level ${level}`, async () => {
      const [ours, theirs] = [await table(pair.ours[level]), await table(pair.theirs[level])];
      expect(ours.header).toBe(theirs.header);
      expect([...ours.rows.keys()]).toEqual([...theirs.rows.keys()]);
      const names = ours.header.split(",");
      const shape = (rows: Map<string, Cell[]>): string[] =>
        [...rows].flatMap(([row, cells]) => cells.flatMap(({ filled }, i) => (filled ? [`${row} ${names[i]}`] : [])));
      // Only HAProxy has made a check.
      const made = (text: string): boolean => text !== "app/web1 check_duration";
      expect(shape(ours.rows).filter(made)).toEqual(shape(theirs.rows).filter(made));
    });
  }

  test("typed and JSON forms have the same fields, tags and types", async () => {
    const cut = (text: string): string[] =>
      text
        .split("\n")
        .map((line) => line.split(":").slice(0, 3).join(":"))
        .filter((line) => !line.includes("check_duration"));
    for (const command of ["show stat typed\n", "show stat 4 4 1 typed\n", "show info typed\n"]) {
      const [ours, theirs] = await both(command);
      expect(cut(ours)).toEqual(cut(theirs));
    }
    interface Item {
      field: unknown;
      tags: unknown;
      objType?: string;
      id?: number;
      value: { type: string };
    }
    const shape = (text: string): unknown[] =>
      (JSON.parse(text) as (Item | Item[])[])
        .flat()
        .map(({ field, tags, objType, id, value }) => ({ field, tags, objType, id, type: value.type }))
        .filter(({ field }) => (field as { name: string }).name !== "check_duration");
    for (const command of ["show stat json\n", "show info json\n"]) {
      const [ours, theirs] = await both(command);
      expect(shape(ours)).toEqual(shape(theirs));
      expect(ours.slice(-3)).toBe(theirs.slice(-3));
    }
  });

  test("values that do not depend on time are the same", async () => {
    const [ours, theirs] = [await table(pair.ours.admin), await table(pair.theirs.admin)];
    const names = ours.header.split(",");
    const vary = new Set([
      "chkfail",
      "chkdown",
      "lastchg",
      "downtime",
      "check_status",
      "check_duration",
      "check_desc",
      "check_health",
      // An estimate that begins with the connection of the first check.
      "need_conn_est",
    ]);
    for (const [row, cells] of theirs.rows) {
      for (const [i, { text }] of cells.entries()) {
        if (!vary.has(names[i]!))
          expect(`${row} ${names[i]}=${ours.rows.get(row)![i]!.text}`).toBe(`${row} ${names[i]}=${text}`);
      }
    }
  });

  test("selections of show stat", async () => {
    const rows = async (path: string, command: string): Promise<string[]> =>
      (await ask(path, `${command}\n`))
        .split("\n")
        .slice(1)
        .map((line) => line.split(",").slice(0, 18).join(","));
    for (const args of [
      "4 4 2",
      "4 4 -1 no-maint",
      "4 7 -1 up",
      "app 2 -1 up",
      "up",
      "4",
      "app",
      "2 -1 -1",
      "99 1 1",
      "x",
    ]) {
      const command = `show stat ${args}`;
      expect(await rows(pair.ours.admin, command)).toEqual(await rows(pair.theirs.admin, command));
    }
    await same("show stat nope 1 1");
  });

  test("changes of servers: answers, states and log lines", async () => {
    await Bun.sleep(100);
    pair.log.length = 0;
    ctx.events.length = 0;
    const [s, k, t] = ["set server app/web1", "set server app/web3", "set server tcpb/t1"];
    const commands = [
      ...["state foo", "state maint", "state maint", "state drain", "state maint", "state ready"].map(
        (x) => `${s} ${x}`,
      ),
      ...["state drain", "state drain", "state ready", "health foo", "health down", "health stopping"].map(
        (x) => `${s} ${x}`,
      ),
      ...["health stopping", "health up"].map((x) => `${s} ${x}`),
      "set server app/web4 health up",
      ...["state maint", "health down", "state ready", "health up"].map((x) => `${k} ${x}`),
      "disable server app/web3",
      "disable server app/web1",
      "enable server app/web1",
      "enable server app/web3",
      "set server app/web4 state drain",
      "set server app/web4 state ready",
      ...["state maint", "health down", "state ready", "health down", "state drain", "state maint", "state ready"].map(
        (x) => `${t} ${x}`,
      ),
      `${t} health up`,
      ...["health stopping", "health down", "health stopping", "state maint", "state ready", "health stopping"].map(
        (x) => `${s} ${x}`,
      ),
      `${s} health up`,
      ...["state drain", "health down", "health up", "state ready"].map((x) => `${s} ${x}`),
      "set server both/s1 state maint",
      "set server both/s1 state ready",
    ];
    for (const command of commands) {
      await same(command);
      await sameStates();
    }
    await Bun.sleep(100);
    expect(ctx.events.map((line) => line.replace(/^\S+ /, ""))).toEqual(pair.log);
  });

  test("what no server has: agents, names that are resolved, TLS", async () => {
    for (const server of ["app/web1", "app/web3", "app/none"]) {
      for (const what of ["agent up", "agent", "agent-addr 1.2.3.4", "agent-port 12", "agent-send x", "fqdn a.b"]) {
        await same(`set server ${server} ${what}`);
      }
      await same(`set server ${server} ssl on`);
      await same(`enable agent ${server}`);
      await same(`disable agent ${server}`);
    }
    for (const what of ["check-addr 127.0.0.1", "check-port 99"]) await same(`set server app/web3 ${what}`);
    await same("enable agent app/web1", "operator");
  });

  test("set rate-limit: what is no setting, and what is no number", async () => {
    for (const words of ["", " foo", " sessions", " sessions all 1"]) {
      const [ours, theirs] = await both(`set rate-limit${words}\n`);
      const names = (text: string): string[] => text.match(/^'.*|(?<=- )'.*'/gm) ?? [];
      expect(names(ours)).toHaveLength(5);
      expect(names(ours)).toEqual(names(theirs));
    }
    await same("set rate-limit sessions global");
    await same("set rate-limit sessions global 5 x");
    await same("set rate-limit sessions global 0");
    await same("set rate-limit foo", "operator");
  });

  test("every command HAProxy lists is offered, or answered with what to do instead", async () => {
    const listed = (await ask(pair.theirs.admin, "help\n")).split("\n").filter((line) => line.startsWith("  "));
    const names = listed.map((line) => /^(?:[a-z-]+ ?)+/.exec(line.trim())![0].trim());
    expect(names.length).toBeGreaterThan(90);
    const { queries } = ctx;
    // Those that workers answer.
    ctx.queries = new Set([...queries, "show-sess", "show-errors", "get-var", "show-resolvers"]);
    const offered = commandsOf(ctx).map(({ name }) => name);
    ctx.queries = queries;
    const unanswered = names.filter(
      (name) =>
        !offered.some((one) => one.startsWith(name) || name.startsWith(one)) && unsupported(name.split(" ")) === null,
    );
    // Its arguments stand in the help text; every one is a command of its own here.
    expect(unanswered).toEqual([]);
    for (const name of ["show fd", "show pools", "trace", "set profiling tasks", "new ssl cert"]) {
      expect(unsupported(name.split(" "))?.text).toContain(" is not supported by tlb: ");
    }
  });

  test("weights, limits, addresses", async () => {
    const s = "set server app/web1";
    const commands = [
      ...["weight", "weight abc", "weight 300", "weight -5", "weight 5x", "weight 50%", "weight -1%"].map(
        (x) => `${s} ${x}`,
      ),
      "get weight app/web1",
      `${s} weight 500%`,
      "get weight app/web1",
      `${s} weight 100%`,
      "set weight app/web1 7",
      "set weight app/web1 0",
      "set weight both/s1 5",
      "set weight both/s1 0",
      "set weight both/s1 100%",
      "set weight app/web1 10",
      ...["app", "app/nope", "nope/a", ""].map((x) => `get weight ${x}`),
      ...["", "app", "app/nope state ready", "nope/x state ready"].map((x) => `set server ${x}`),
      ...["addr", "addr foo", "addr 127.0.0.1", "addr 127.0.0.2 port 99"].map((x) => `${s} ${x}`),
      "set server app/web3 addr 2001:DB8::0:1 port 5",
      "set server app/web3 addr 127.0.0.1 port 18093",
      ...["app/web1 55", "app/web1", "app/web1 abc", "app/web1 5x", "app/nope 3", "app", "app/web1 0"].map(
        (x) => `set maxconn server ${x}`,
      ),
      ...["app/web3 check-port 5", "app/web1 check-port", "app/web1 check-port 99999"].map((x) => `set server ${x}`),
      "enable health app/web3",
      "disable health app/nope",
    ];
    for (const command of commands) {
      await same(command);
      await sameStates();
    }
    await ask(pair.theirs.admin, `${s} addr 127.0.0.1\n`);
    await ask(pair.ours.admin, `${s} addr 127.0.0.1\n`);
  });

  test("frontends and the process", async () => {
    pair.log.length = 0;
    ctx.events.length = 0;
    const commands = [
      ...["", " nope", " app", " both", " both"].map((x) => `disable frontend${x}`),
      ...["", " both", " both"].map((x) => `enable frontend${x}`),
      ...["", " www", " nope 4", " www 100", " www -4"].map((x) => `set maxconn frontend${x}`),
      ...["", " 99999999", " 100", " 0"].map((x) => `set maxconn global${x}`),
      ...["", " nope", " both", " both"].map((x) => `shutdown frontend${x}`),
      "enable frontend both",
      "disable frontend both",
      ...["", " app/nope", " app/web1"].map((x) => `shutdown sessions server${x}`),
      "shutdown session",
      "shutdown session 0x1",
    ];
    const maxconn = async (path: string): Promise<string[]> =>
      (await ask(path, "show info\n")).split("\n").filter((line) => /^(Hard_m|M)axconn/.test(line));
    for (const command of commands) {
      await same(command);
      await sameStates();
      expect(await maxconn(pair.ours.admin)).toEqual(await maxconn(pair.theirs.admin));
    }
    await Bun.sleep(100);
    expect(ctx.events.map((line) => line.replace(/^\S+ /, ""))).toEqual(pair.log);
    expect(ctx.asked).toContain("frontend both pause");
  });

  test("listings", async () => {
    for (const command of [
      "show backend",
      "show servers state nope",
      "show servers conn nope",
      "show cli level",
      "show cli sockets",
    ]) {
      await same(command);
    }
    for (const command of ["show servers conn\n", "show servers state\n", "show servers state tcpb\n"]) {
      const [ours, theirs] = await both(command);
      const words = (text: string): number[] => text.split("\n").map((line) => line.split(" ").length);
      expect(words(ours)).toEqual(words(theirs));
      expect(ours.split("\n").find((line) => line.startsWith("#"))).toBe(
        theirs.split("\n").find((line) => line.startsWith("#")),
      );
    }
  });

  test("levels and timeouts", async () => {
    for (const command of ["", " cli", " cli abc", " cli 0", " cli 5", " foo 5"]) await same(`set timeout${command}`);
    for (const level of ["admin", "operator", "user"] as const) {
      for (const command of [
        "clear counters",
        "clear counters all",
        "show env HOME",
        "set weight app/web1 10",
        "get weight app/web1",
        "show cache",
        "shutdown session",
        "shutdown session abc",
        "shutdown session 0",
        "shutdown session 0x1",
      ]) {
        await same(command, level);
      }
      await same("show env NOT_THERE", level);
      await same("operator;show cli level", level);
      await same("user;show cli level;operator;show cli level", level);
    }
  });

  test("the line protocol", async () => {
    for (const text of [
      "show version;show cli level",
      "show version\nshow version",
      "quit;show version",
      "show version;quit;show version",
      "prompt;show version",
      "prompt\nprompt\nshow version\nshow version",
      "prompt\nshow cli level\nquit",
      "prompt\nshow foo\n\nshow version",
      "get weight app\\/web1",
      "get\\ weight app/web1;get weight app/web1",
      " get   weight\tapp/web1 ",
      "get weight app/web1\r",
      "get weight 'app/web1'",
      "get weight app/web1\\;x",
      "get weight app/web1 <<\nx\n",
      "get weight app/web1 <<\nx\ny\n\nget weight app/web2",
      "prompt\nget weight app/web1 <<\nx\ny\n\nget weight app/web2",
      "show version # comment",
      "show foo",
      "show",
      "help",
      "",
      ";",
      "set severity-output number;set server a/b weight 1;get weight app/web1",
      "set severity-output string;set server a/b weight 1;show version",
      "set severity-output foo",
      "set severity-output",
    ]) {
      const strip = (answer: string): string => answer.replaceAll(/^ {2}.*\n/gm, "");
      const [ours, theirs] = await both(`${text}\n`);
      expect(`${text} → ${strip(ours)}`).toBe(`${text} → ${strip(theirs)}`);
    }
  });

  test.skipIf(which("socat") === null)("socat gets its answer", async () => {
    const run = async (path: string): Promise<string> => {
      const child = Bun.spawn(["socat", "-", `unix:${path}`], {
        stdin: new Blob(["show cli level\n"]),
        stdout: "pipe",
      });
      return new Response(child.stdout).text();
    };
    expect(await run(pair.ours.admin)).toBe("admin\n\n");
    expect(await run(pair.theirs.admin)).toBe("admin\n\n");
  });
});
