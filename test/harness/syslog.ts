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

export async function startSyslog(scope: Scope, port = freePort()): Promise<Syslog> {
  const lines: string[] = [];
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, datagram) {
        lines.push(datagram.toString("latin1").replace(/\n$/, ""));
      },
    },
  });
  scope.defer(() => socket.close());
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
