/** Clients of the runtime socket against what is no daemon, or one that says no. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfCommand } from "../util/self.ts";

let dir = "";
/** What the fake daemon answers with. */
let answer = "";
let asked = "";
const listeners: { stop(force?: boolean): void }[] = [];

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "tlb-runtime-"));
  writeFileSync(join(dir, "file"), "");
  listeners.push(
    Bun.listen({
      unix: join(dir, "sock"),
      socket: {
        data(socket, data) {
          asked = data.toString();
          socket.end(answer);
        },
      },
    }),
  );
});
afterAll(() => {
  for (const listener of listeners) listener.stop(true);
  rmSync(dir, { recursive: true, force: true });
});

async function tlb(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = Bun.spawn(selfCommand(args), {
    cwd: dir,
    env: { ...process.env, NO_COLOR: "1", TLB_SOCKET: join(dir, "sock") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, stdout, stderr };
}

describe("addresses where no daemon is", () => {
  test.each([
    ["none", "nobody listens there; is tlb running?"],
    ["file", "it is not a socket"],
    [".", "it is not a socket"],
    ["x".repeat(200), "the path is longer than 107 bytes"],
    ["127.0.0.1:1", "nobody listens there; is tlb running?"],
    ["127.0.0.1:99999", "port 99999 is not between 1 and 65535"],
  ])("%s", async (address, told) => {
    const { code, stdout, stderr } = await tlb("stats", "-S", address);
    expect(stderr.split("\n")).toEqual([expect.stringContaining(told), ""]);
    expect(code).toBe(address.endsWith(":99999") ? 2 : 1);
    expect(stdout).toBe("");
  });

  test("a file of a configuration that is not there", async () => {
    const child = await tlb("drain", "a/b", "-f", "none.cfg", "-S", "");
    expect(child.stderr).toContain("none.cfg : No such file or directory");
    expect(child.code).toBe(1);
  });
});

describe("what is no answer", () => {
  const commands = [["stats"], ["stats", "--json"], ["stats", "-w"], ["drain", "a/b"], ["reload"], ["upgrade"]];

  test.each(commands)("%s %s: none at all", async (...command) => {
    answer = "";
    const { code, stdout, stderr } = await tlb(...command);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: the runtime socket .*sock was closed without an answer; .*\n$/);
    expect(code).toBe(1);
  });

  test.each(commands)("%s %s: something else", async (...command) => {
    answer = `\x1b[31m<html>${"x".repeat(500)}\nundefined\n`;
    const { code, stdout, stderr } = await tlb(...command);
    expect(stdout).toBe("");
    // One line, cut short, without control characters.
    expect(stderr).toMatch(/^[\x20-\x7e]{1,300}\n$/);
    expect(stderr).toContain("?[31m<html>x");
    expect(code).toBe(1);
  });
});

test.skipIf(Bun.which("script") === null)(
  "stats --watch on a terminal goes on when tlb comes back",
  async () => {
    const good = "# pxname,svname,status\nweb,FRONTEND,OPEN,\n\n";
    answer = good;
    const command = selfCommand(["stats", "--watch"]).map((word) => `'${word}'`);
    const child = Bun.spawn(["script", "-qec", command.join(" "), "/dev/null"], {
      cwd: dir,
      env: { ...process.env, NO_COLOR: "1", TERM: "xterm", TLB_SOCKET: join(dir, "sock") },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let text = "";
    const read = (async () => {
      for await (const chunk of child.stdout) text += Buffer.from(chunk).toString();
    })();
    const until = async (part: string): Promise<void> => {
      for (let tries = 0; !text.includes(part); tries++) {
        if (tries > 150) throw new Error(`no '${part}' in ${JSON.stringify(text)}`);
        await Bun.sleep(100);
      }
    };
    try {
      await until("FRONTEND");
      answer = "";
      await until("was closed without an answer");
      answer = good.replace("OPEN", "STOP");
      await until("STOP");
    } finally {
      child.kill("SIGTERM");
      await Promise.all([child.exited, read]);
    }
  },
  30_000,
);

describe("socket: the exit code is that of the answer", () => {
  test.each([
    ["[3]: No such server.\n\n", "No such server.\n\n", 1],
    ["[3]: Permission denied\n\n", "Permission denied\n\n", 1],
    ["[6]: Unknown command. Please\n\n", "Unknown command. Please\n\n", 1],
    ["[6]: 0.1.0\n\n", "0.1.0\n\n", 0],
    ["Name: tlb\nPid: 1\n\n", "Name: tlb\nPid: 1\n\n", 0],
    ["\n", "\n", 0],
  ])("%p", async (given, shown, code) => {
    answer = `\n${given}`;
    expect(await tlb("socket", "show", "info")).toEqual({ code, stdout: shown, stderr: "" });
    expect(asked).toBe("set severity-output number;show info\n");
  });

  test("several commands in one are sent as they are", async () => {
    answer = "1\n\n2\n\n";
    expect(await tlb("socket", "show info;show stat")).toEqual({ code: 0, stdout: answer, stderr: "" });
    expect(asked).toBe("show info;show stat\n");
  });

  test("the interactive mode needs a terminal", async () => {
    expect(await tlb("socket", "prompt")).toMatchObject({ code: 2, stdout: "" });
  });
});
