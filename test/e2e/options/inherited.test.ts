/** `fd@`: listening sockets that were open when the process started, as a service manager hands them over. */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ipSockAddr } from "../../../src/ffi/sockaddr.ts";
import { close } from "../../../src/ffi/file.ts";
import { setIntOption, SO_REUSEADDR, SOL_SOCKET } from "../../../src/ffi/socket-options.ts";
import { bind, listen, socket, SOCK_STREAM } from "../../../src/ffi/socket.ts";
import { connect } from "../../harness/client.ts";
import { freePort } from "../../harness/ports.ts";
import { haproxyPath, tlbCommand } from "../../harness/proxy.ts";
import { Scope } from "../../harness/scope.ts";
import { eventually } from "../tools.ts";

const CONFIG = `
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
`;

function listening(scope: Scope, port: number): number {
  const address = ipSockAddr(4, "127.0.0.1", port)!;
  const fd = socket(address.family, SOCK_STREAM);
  // Connections of an earlier run may still wait for their end on this port.
  setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (fd < 0 || bind(fd, address) < 0 || listen(fd, 64) < 0) throw new Error(`cannot listen on ${port}`);
  scope.defer(() => void close(fd));
  return fd;
}

/** Runs a program with descriptors from 3 on. */
function spawn(scope: Scope, command: readonly string[], fds: readonly number[], env: Record<string, string> = {}) {
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", ...fds],
  });
  const forget = scope.atExit(() => child.kill("SIGTERM"));
  scope.defer(async () => {
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), 3000);
    await child.exited;
    clearTimeout(killer);
    forget();
  });
  return child;
}

async function answers(scope: Scope, port: number): Promise<boolean> {
  const client = await connect(scope, port).catch(() => null);
  if (client === null) return false;
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  return (await client.response()).startsWith("HTTP/1.1 503 ");
}

const commands: readonly (readonly [string, readonly string[]])[] = [
  ["tlb", [...tlbCommand(), "serve", "-f"]],
  ...(haproxyPath === null ? [] : [["haproxy", [haproxyPath, "-db", "-f"]] as const]),
];

describe.each(commands)("%s", (_, command) => {
  test("fd@3 and fd@${NAME} serve, beside an address of the program's own", async () => {
    await using scope = new Scope();
    const [first, second, own] = [freePort(), freePort(), freePort()];
    const file = join(scope.tempDir(), "lb.cfg");
    writeFileSync(
      file,
      `${CONFIG}\nlisten web\n    bind fd@3\n    bind "fd@\${LISTEN_HERE}" name passed\n    bind 127.0.0.1:${own}\n`,
    );
    spawn(scope, [...command, file], [listening(scope, first), listening(scope, second)], { LISTEN_HERE: "4" });
    for (const port of [own, first, second]) {
      await eventually(`port ${port} answers`, () => answers(scope, port));
      for (let i = 0; i < 6; i++) expect(await answers(scope, port)).toBe(true);
    }
  });
});

test("a daemon takes them along", async () => {
  await using scope = new Scope();
  const port = freePort();
  const dir = scope.tempDir();
  const file = join(dir, "lb.cfg");
  writeFileSync(file, `global\n    daemon\n    pidfile ${dir}/pid\n${CONFIG}\nlisten web\n    bind fd@3\n`);
  const child = spawn(scope, [...tlbCommand(), "serve", "-f", file], [listening(scope, port)]);
  expect(await child.exited).toBe(0);
  const pid = Number(readFileSync(join(dir, "pid"), "latin1"));
  const forget = scope.atExit(() => process.kill(pid, "SIGTERM"));
  try {
    expect(await answers(scope, port)).toBe(true);
  } finally {
    process.kill(pid, "SIGTERM");
    forget();
  }
});

test.each([
  ["fd@9", "Bad file descriptor"],
  ["fd@0", "Socket operation on non-socket"],
])("%s, which is no socket, is told with its place", async (address, reason) => {
  await using scope = new Scope();
  const file = join(scope.tempDir(), "lb.cfg");
  writeFileSync(file, `${CONFIG}\nlisten web\n    bind ${address}\n`);
  const child = spawn(scope, [...tlbCommand(), "serve", "-f", file], []);
  expect(await child.exited).toBe(1);
  const said = await new Response(child.stderr).text();
  expect(said).toContain(`[${file}:9]`);
  expect(said).toContain(`cannot use file descriptor '${address.slice(3)}' : ${reason}.`);
});
