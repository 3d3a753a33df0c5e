/** Memory at rest (just started), and of idle connections: each asks for one answer, then stays. */
import { family, resident } from "./proc.ts";
import type { Running } from "./programs.ts";
import { wrk } from "./wrk.ts";

export interface Memory {
  /** Bytes at rest: the whole program, and its largest process (a worker). */
  readonly rest: number;
  readonly restLargest: number;
  /** Bytes per idle connection; NaN when not all could be opened. */
  readonly perConnection: number;
  readonly connections: number;
}

const request = Buffer.from("GET / HTTP/1.1\r\nHost: bench\r\n\r\n");

interface Waiting {
  answered(): void;
}

/** `pin`: how to start the load generator on its core. `dir`: for its files. */
export async function measureIdle(
  running: Running,
  wanted: number,
  pin: readonly string[],
  dir: string,
): Promise<Memory> {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const sockets: { terminate(): void }[] = [];
  await Bun.sleep(1000);
  const rest = resident(family(running.pid));
  // What any load costs once (compiled code, first buffers) is no part of a connection.
  await wrk({ tool: "wrk", port: running.ports.of("idle"), path: "/", connections: 64 }, 2, pin, dir);
  await Bun.sleep(1000);
  const before = sum(resident(family(running.pid)));
  let opened = 0;
  try {
    for (let index = 0; index < wanted; index += 200) {
      await Promise.all(
        Array.from({ length: Math.min(200, wanted - index) }, () => open(running.ports.of("idle"), sockets)),
      );
    }
    opened = sockets.length;
  } catch (error) {
    console.error(`${running.name}: ${sockets.length} idle connections, then ${String(error)}`);
  }
  await Bun.sleep(500);
  const after = sum(resident(family(running.pid)));
  for (const socket of sockets) socket.terminate();
  return {
    rest: sum(rest),
    restLargest: Math.max(...rest),
    perConnection: opened === wanted ? Math.max(0, after - before) / wanted : Number.NaN,
    connections: wanted,
  };
}

async function open(port: number, sockets: { terminate(): void }[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("no answer within 5 s")), 5000);
  const socket = await Bun.connect<Waiting>({
    hostname: "127.0.0.1",
    port,
    data: { answered: resolve },
    socket: {
      data(connection) {
        connection.data.answered();
      },
    },
  });
  sockets.push(socket);
  socket.write(request, 0, request.length);
  await promise;
  clearTimeout(timer);
}
