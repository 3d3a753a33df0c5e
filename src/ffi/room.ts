/** Whether this process can still open something. */
import { close } from "./file.ts";
import { AF_UNIX } from "./sockaddr.ts";
import { SOCK_DGRAM, socket } from "./socket.ts";

const opened: number[] = [];

/** 0 = there is room for `count` more sockets; else the errno (positive) of the first that there is none for: EMFILE, ENFILE, ENOBUFS, ENOMEM. */
export function shortage(count: number): number {
  let errno = 0;
  while (opened.length < count && errno === 0) {
    const fd = socket(AF_UNIX, SOCK_DGRAM);
    if (fd < 0) errno = -fd;
    else opened.push(fd);
  }
  for (let fd = opened.pop(); fd !== undefined; fd = opened.pop()) close(fd);
  return errno;
}
