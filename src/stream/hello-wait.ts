import type { Socket } from "bun";
import { helloName } from "../codec/tls/hello.ts";
import { Conn } from "../net/conn.ts";
import type { Handshake } from "./handshake.ts";
import { helloOf } from "./hello-tap.ts";

/** A longer ClientHello is left to the library, which refuses it. */
const MOST = 20_000;

/** Stands on a plain socket until the ClientHello is there, whose name decides with what the handshake begins. */
export class HelloWait extends Conn {
  declare socket: Socket<Conn>;
  private gathered: Buffer = Buffer.alloc(0);

  /** `begin` is called once, with all that was read. */
  constructor(
    socket: Socket<Conn>,
    private readonly handshake: Handshake,
    private readonly begin: (early: Buffer) => void,
  ) {
    super(socket);
    // Should its time run out meanwhile.
    handshake.socket = socket;
  }

  onData(chunk: Buffer): void {
    this.gathered = this.gathered.length === 0 ? chunk : Buffer.concat([this.gathered, chunk]);
    const message = helloOf(this.gathered);
    if (message === null && this.gathered.length < MOST) return;
    const name = message === null ? null : helloName(message);
    if (name !== null) this.handshake.chooseBefore(name);
    // From here on the socket is another's, unless the library takes no handshake.
    this.closed = true;
    try {
      this.begin(this.gathered);
    } catch (error) {
      this.closed = false;
      throw error;
    }
  }

  onDrain(): void {}
  onTimer(): void {}
  onEnd(): void {
    this.handshake.onEnd();
  }
  onClose(error: Error | undefined): void {
    this.handshake.socketClose(error);
  }
}
