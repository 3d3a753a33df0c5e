/**
 * A listening socket that takes no more connections: its accept queue is full, so the kernel drops every further SYN and a connect hangs
 * until the connecting side gives up. Made through libc, because Bun always listens with a long queue.
 */
import { close } from "../../src/ffi/file.ts";
import { AF_INET, ipSockAddr } from "../../src/ffi/sockaddr.ts";
import { setIntOption, SO_REUSEADDR, SOL_SOCKET } from "../../src/ffi/socket-options.ts";
import { bind, listen, SOCK_STREAM, socket } from "../../src/ffi/socket.ts";
import { connect } from "./client.ts";
import { freePort } from "./ports.ts";
import type { Scope } from "./scope.ts";

export async function startStuckServer(scope: Scope, port = freePort()): Promise<number> {
  const fd = socket(AF_INET, SOCK_STREAM);
  setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(fd, ipSockAddr(4, "127.0.0.1", port)!) < 0 || listen(fd, 0) < 0) {
    close(fd);
    throw new Error(`cannot listen on port ${port}`);
  }
  scope.defer(() => void close(fd));
  // A queue of length 0 still takes one.
  await connect(scope, port);
  return port;
}
