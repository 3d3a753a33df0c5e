import type { Pointer } from "bun:ffi";
import { ECONNREFUSED } from "../../ffi/errno.ts";
import { close } from "../../ffi/file.ts";
import { AF_INET, type SockAddr } from "../../ffi/sockaddr.ts";
import { connect, socket, SOCK_DGRAM, sendto } from "../../ffi/socket.ts";
import type { LineWriter } from "../line.ts";
import type { Sink } from "./sink.ts";

const LF = 10;

/** Largest line (`len` ends at 65535) and its line end. Shared: a datagram is copied by the kernel before the call ends. */
const buffer = Buffer.allocUnsafeSlow(65536);

/**
 * UDP and unix datagrams, one for each line, ending in a line feed like HAProxy's. The socket stays unconnected: the
 * kernel looks a path up anew for each datagram, so a syslog daemon that was restarted is found again, and routes and own addresses may
 * change. Only on the way to this machine itself neither does, and a connected socket spares the kernel the route of each line.
 */
export class DatagramSink implements Sink {
  readonly kind = "datagrams";
  dropped = 0;
  readonly #to: SockAddr;
  readonly #fixed: boolean;
  #fd = -1;

  constructor(to: SockAddr) {
    this.#to = to;
    this.#fixed = to.family === AF_INET && to.bytes[4] === 127;
    this.#open();
  }

  write(line: string): void {
    const length = buffer.write(line, 0, 65535, "latin1");
    buffer[length] = LF;
    this.#pass(buffer, length + 1);
  }

  send(line: LineWriter, start: number, end: number): void {
    this.#pass(line.pointer(start), end + 1 - start);
  }

  #pass(bytes: Uint8Array | Pointer, length: number): void {
    // Out of descriptors at first: it tries again while lines come.
    if (this.#fd < 0) this.#open();
    const to = this.#fixed ? null : this.#to;
    let status = this.#fd < 0 ? -1 : sendto(this.#fd, bytes, length, to);
    // A connected socket tells of the datagram before that nobody read it, instead of sending this one.
    if (status === -ECONNREFUSED && this.#fixed) status = sendto(this.#fd, bytes, length, to);
    if (status < 0) this.dropped++;
  }

  #open(): void {
    const fd = socket(this.#to.family, SOCK_DGRAM);
    if (fd >= 0 && this.#fixed && connect(fd, this.#to) < 0) close(fd);
    else this.#fd = fd;
  }

  flush(): void {}
}
