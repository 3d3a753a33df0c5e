import { type HelloFacts, helloFacts } from "../codec/tls/hello.ts";
import { Conn } from "../net/conn.ts";

/** The plain side of a socket that was upgraded: gathers the ClientHello, then sleeps. */
export class HelloTap extends Conn {
  /** Null = it has not come, or is none. */
  hello: HelloFacts | null = null;
  private gathered: Buffer = Buffer.alloc(0);

  constructor(private readonly limit: number) {
    super(null);
  }

  onData(chunk: Buffer): void {
    this.gathered = this.gathered.length === 0 ? chunk : Buffer.concat([this.gathered, chunk]);
    const message = helloOf(this.gathered);
    if (message === null) return;
    this.hello = helloFacts(message, this.limit);
    this.stop();
  }

  /** Nothing more is wanted; events of the plain socket fall flat from here on. */
  stop(): void {
    this.closed = true;
    this.gathered = Buffer.alloc(0);
  }

  onDrain(): void {}
  onEnd(): void {}
  onTimer(): void {}
  onClose(): void {}
}

/** The first handshake message out of its records (RFC 8446 section 5.1); null = more is needed. Empty: it is none. */
export function helloOf(buf: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  let have = 0;
  let at = 0;
  while (at + 5 <= buf.length) {
    if (buf[at] !== 0x16) return Buffer.alloc(0);
    const end = at + 5 + buf.readUInt16BE(at + 3);
    if (end > buf.length) return null;
    parts.push(buf.subarray(at + 5, end));
    have += end - at - 5;
    const first = parts[0]!;
    if (first.length >= 4 && have >= 4 + first.readUIntBE(1, 3)) return Buffer.concat(parts);
    at = end;
  }
  return null;
}
