import { socket, SOCK_DGRAM, sendto } from "../../ffi/socket.ts";
import type { SockAddr } from "../../ffi/sockaddr.ts";
import type { LineWriter } from "../line.ts";
import type { Sink } from "./sink.ts";

const LF = 10;

/** Largest line (`len` ends at 65535) and its line end. Shared: a datagram is copied by the kernel before the call ends. */
const buffer = Buffer.allocUnsafeSlow(65536);

/**
 * UDP and unix datagrams, one for each line, ending in a line feed like HAProxy's. The socket stays unconnected: the
 * kernel looks a path up anew for each datagram, so a syslog daemon that was restarted is found again, and an ICMP error
 * of one datagram does not spoil the next.
 */
export class DatagramSink implements Sink {
  readonly kind = "datagrams";
  dropped = 0;
  readonly #to: SockAddr;
  #fd: number;

  constructor(to: SockAddr) {
    this.#to = to;
    this.#fd = socket(to.family, SOCK_DGRAM);
  }

  write(line: string): void {
    const length = buffer.write(line, 0, 65535, "latin1");
    buffer[length] = LF;
    if (!this.#ready || sendto(this.#fd, buffer, length + 1, this.#to) < 0) this.dropped++;
  }

  send(line: LineWriter, start: number, end: number): void {
    if (!this.#ready || sendto(this.#fd, line.pointer(start), end + 1 - start, this.#to) < 0) this.dropped++;
  }

  /** Out of descriptors at first: it tries again while lines come. */
  get #ready(): boolean {
    if (this.#fd < 0) this.#fd = socket(this.#to.family, SOCK_DGRAM);
    return this.#fd >= 0;
  }

  flush(): void {}
}
