/** Packets on the loopback, as they are on the wire (packet(7)). */
import { errno } from "../../../src/ffi/errno.ts";
import { close } from "../../../src/ffi/file.ts";
import { openLibc, scratch } from "../../../src/ffi/libc.ts";

const libc = openLibc({
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
});

const AF_PACKET = 17;
const SOCK_RAW = 3;
/** Every protocol, in network order. */
const ETH_P_ALL = 0x0300;
const MSG_DONTWAIT = 0x40;
const ETHERNET = 14;

/** A TCP segment with data in it. */
export interface Segment {
  readonly family: 4 | 6;
  /** The byte with the type of service, or the traffic class. */
  readonly tos: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export class Capture {
  private readonly fd: number;
  private readonly room = scratch(65536 + ETHERNET);

  constructor() {
    this.fd = libc.socket(AF_PACKET, SOCK_RAW, ETH_P_ALL);
    if (this.fd < 0) throw new Error(`no packet socket: ${errno()}`);
  }

  /** Those that came since the last call. Each goes over the loopback twice: out and in. */
  take(): Segment[] {
    const out: Segment[] = [];
    const { bytes, view, ptr } = this.room;
    for (;;) {
      const length = Number(libc.recv(this.fd, ptr, BigInt(bytes.length), MSG_DONTWAIT));
      if (length < 0) return out;
      const found = parse(bytes, view, length);
      if (found !== null) out.push(found);
    }
  }

  close(): void {
    close(this.fd);
  }
}

function parse(bytes: Uint8Array, view: DataView, length: number): Segment | null {
  const family = bytes[ETHERNET]! >> 4;
  if (family !== 4 && family !== 6) return null;
  const header = family === 4 ? (bytes[ETHERNET]! & 15) * 4 : 40;
  if (bytes[ETHERNET + (family === 4 ? 9 : 6)] !== 6) return null;
  const tcp = ETHERNET + header;
  const data = tcp + (bytes[tcp + 12]! >> 4) * 4;
  if (data >= length) return null;
  const tos = family === 4 ? bytes[ETHERNET + 1]! : (view.getUint16(ETHERNET) >> 4) & 255;
  return { family, tos, sourcePort: view.getUint16(tcp), destinationPort: view.getUint16(tcp + 2) };
}
