/** The small servers the demonstration balances over. All listen on loopback, on ports the system chooses. */

export interface DemoServer {
  readonly name: string;
  readonly port: number;
  /** Closes the listener and every connection at once. Calling it again does nothing. */
  kill(): void;
}

/** Answers every request with its name; `/health` says it is well. */
export function startHttpServer(name: string): DemoServer {
  let count = 0;
  let running = true;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      if (new URL(request.url, "http://demo").pathname === "/health") return new Response("ok\n");
      count++;
      return new Response(`Hello, this is ${name}, request ${count}.\n`, { headers: { "x-served-by": name } });
    },
  });
  return {
    name,
    port: server.port!,
    kill() {
      if (running) void server.stop(true);
      running = false;
    },
  };
}

interface EchoState {
  /** Bytes the client has not taken yet. */
  pending: Uint8Array | null;
  ended: boolean;
}

/** Sends back what it receives; stops reading while the client does not take it. */
export function startEchoServer(name: string): DemoServer {
  let running = true;
  const listener = Bun.listen<EchoState>({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      open(socket) {
        socket.data = { pending: null, ended: false };
      },
      data(socket, chunk) {
        const { data } = socket;
        const all = data.pending === null ? chunk : Buffer.concat([data.pending, chunk]);
        flush(socket, all);
      },
      drain(socket) {
        if (socket.data.pending !== null) flush(socket, socket.data.pending);
      },
      end(socket) {
        socket.data.ended = true;
        if (socket.data.pending === null) socket.end();
      },
      error(socket) {
        socket.terminate();
      },
    },
  });
  return {
    name,
    port: listener.port,
    kill() {
      if (running) listener.stop(true);
      running = false;
    },
  };
}

function flush(socket: Bun.Socket<EchoState>, bytes: Uint8Array): void {
  const sent = Math.max(0, socket.write(bytes, 0, bytes.length));
  if (sent < bytes.length) {
    socket.data.pending = bytes.subarray(sent);
    socket.pause();
    return;
  }
  socket.data.pending = null;
  socket.resume();
  if (socket.data.ended) socket.end();
}

/** A port of loopback that was free a moment ago. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data(): void {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}
