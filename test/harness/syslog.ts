/** Syslog collectors on UDP and on a unix datagram socket. */
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { startProgram } from "./program.ts";
import type { Scope } from "./scope.ts";

export interface Syslog {
  /** For `log ADDRESS local0`. */
  readonly address: string;
  readonly port: number;
  /** Datagrams in the order they came, without a line end. */
  readonly lines: string[];
}

/** On the port, or on any that is free: `freePort` does not see who holds a port of UDP. */
export async function startSyslog(scope: Scope, wish?: number): Promise<Syslog> {
  const lines: string[] = [];
  const listen = (port: number) =>
    Bun.udpSocket({
      hostname: "127.0.0.1",
      port,
      socket: {
        data(_, datagram) {
          lines.push(datagram.toString("latin1").replace(/\n$/, ""));
        },
      },
    });
  let port = wish ?? freePort();
  let socket = await listen(port).catch(() => null);
  for (let tries = 0; socket === null && wish === undefined && tries < 100; tries++) {
    port = freePort();
    socket = await listen(port).catch(() => null);
  }
  socket ??= await listen(port);
  const held = socket;
  scope.defer(() => held.close());
  return { address: `127.0.0.1:${port}`, port, lines };
}

/** On a unix datagram socket, which Bun does not offer: socat receives and prints; lines are split at their "<PRI>". */
export async function startUnixSyslog(scope: Scope): Promise<{ readonly path: string; lines(): string[] }> {
  const path = join(scope.tempDir(), "log");
  const program = startProgram(scope, ["socat", "-u", `UNIX-RECV:${path}`, "STDOUT"]);
  const deadline = Date.now() + 3000;
  while (
    !(await Bun.file(path)
      .stat()
      .then(
        () => true,
        () => false,
      ))
  ) {
    if (Date.now() > deadline) throw new Error(`socat made no socket: ${program.stderr()}`);
    await Bun.sleep(5);
  }
  return {
    path,
    lines: () =>
      program
        .stdout()
        .split(/(?=<\d{1,3}>)/)
        .map((line) => line.replace(/\n$/, ""))
        .filter((line) => line !== ""),
  };
}
