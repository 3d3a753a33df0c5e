/** Listening sockets for tests, as the supervisor opens them. */
import { unlinkSync } from "node:fs";
import type { StatsSocketModel } from "../config/model.ts";
import { strerror } from "../ffi/errno.ts";
import { close } from "../ffi/file.ts";
import { sockAddr } from "../ffi/sockaddr.ts";
import { bind, listen, SOCK_STREAM, socket } from "../ffi/socket.ts";
import type { RuntimeSocket } from "./runtime/sockets.ts";

export interface OpenSocket extends RuntimeSocket {
  close(): void;
}

export function openSocket(model: StatsSocketModel): OpenSocket {
  const address = sockAddr(model.address);
  if (address === null) throw new Error("not an address");
  const fd = socket(address.family, SOCK_STREAM);
  const status = bind(fd, address);
  if (status < 0) throw new Error(`bind: ${strerror(-status)}`);
  listen(fd, 64);
  return {
    key: JSON.stringify(model.address),
    model,
    fd,
    close() {
      close(fd);
      if (model.address.kind === "unix") unlinkSync(model.address.path);
    },
  };
}
