/**
 * A listening socket that takes no more connections: its accept queue is full, so the kernel drops every further SYN and a connect hangs
 * until the connecting side gives up. Made through libc, because Bun always listens with a long queue.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { connect } from "./client.ts";
import { freePort } from "./ports.ts";
import type { Scope } from "./scope.ts";

const AF_INET = 2;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;

export async function startStuckServer(scope: Scope, port = freePort()): Promise<number> {
  const libc = dlopen("libc.so.6", {
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    listen: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    close: { args: [FFIType.i32], returns: FFIType.i32 },
  });
  const fd = libc.symbols.socket(AF_INET, SOCK_STREAM_CLOEXEC, 0);
  const address = new Uint8Array([AF_INET, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (libc.symbols.bind(fd, ptr(address), address.length) !== 0 || libc.symbols.listen(fd, 0) !== 0) {
    throw new Error(`cannot listen on port ${port}`);
  }
  scope.defer(() => {
    libc.symbols.close(fd);
    libc.close();
  });
  // A queue of length 0 still takes one.
  await connect(scope, port);
  return port;
}
