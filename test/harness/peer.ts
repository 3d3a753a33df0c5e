/**
 * One end of a TCP connection under the control of a test script: exact bytes, delays, half-close, reset; what arrived and how
 * the other side ended is recorded. Text is latin1 both ways, so a string is a sequence of bytes.
 */
import type { Socket } from "bun";

/** How the other side ended the connection, as far as seen: not yet, by FIN, or by RST. */
export type CloseKind = "open" | "fin" | "reset";

/** Thrown by a wait that lasted too long or cannot succeed any more. */
export class PeerError extends Error {}

/** What does happen ends a wait at once: it is long only for what does not. */
const WAIT = 10_000;

export interface TlsOutcome {
  readonly version: string;
  readonly cipher: string;
  readonly alpn: string | null;
  /** Common name of the certificate. */
  readonly subject: string | null;
  readonly resumed: boolean;
}

export class Peer {
  received = "";
  closeKind: CloseKind = "open";
  socket: Socket<Peer> | null = null;
  /** What TLS agreed on; null = no TLS, or the handshake failed. */
  tls: TlsOutcome | null = null;
  /** The last session the other side gave out. */
  session: Uint8Array | null = null;
  /** Both directions are gone; nothing can be sent. */
  gone = false;
  /** Resolves when the program on the other side has dealt with all it was sent; null = nobody can tell. */
  settle: (() => Promise<void>) | null = null;
  private cursor = 0;
  private outbox: Buffer | null = null;
  private finishing: "no" | "shutdown" | "close" = "no";
  private waiters: (() => void)[] = [];

  /** Queues bytes; they leave as fast as the other side takes them. */
  send(bytes: string | Uint8Array): void {
    if (this.gone || this.socket === null) return;
    const more = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : Buffer.from(bytes);
    this.outbox = this.outbox === null ? more : Buffer.concat([this.outbox, more]);
    this.flush();
  }

  /**
   * Sends pieces with a pause between them, so that each travels in a segment of its own. Under 10 ms it is about the many pieces, and the
   * program may get some of them at once.
   */
  async drip(pieces: readonly string[], ms: number): Promise<void> {
    for (let index = 0; index < pieces.length; index++) {
      if (index > 0) await (ms < 10 ? Bun.sleep(ms) : this.sleep(ms));
      this.send(pieces[index]!);
    }
  }

  /** A pause of a script. By its end the program has dealt with what it was sent before. */
  async sleep(ms: number): Promise<void> {
    await Bun.sleep(ms);
    await this.settle?.();
  }

  /** FIN after what is queued; reading goes on. */
  shutdown(): void {
    this.finishing = "shutdown";
    this.flush();
  }

  /** close(2) after what is queued. */
  close(): void {
    if (this.gone) return;
    this.finishing = "close";
    this.flush();
  }

  /** RST now. */
  reset(): void {
    if (!this.gone) this.socket?.terminate();
  }

  /** Stops reading, so that the receive window closes. */
  pause(): void {
    this.socket?.pause();
  }

  resume(): void {
    this.socket?.resume();
  }

  /** Bytes not yet consumed by `until`, `bytes`, `request` or `response`. */
  get rest(): string {
    return this.received.slice(this.cursor);
  }

  /** Everything up to and including the first match in the unconsumed bytes. */
  async until(needle: string | RegExp, ms = WAIT): Promise<string> {
    return this.consume(
      (rest) => {
        if (typeof needle === "string") {
          const at = rest.indexOf(needle);
          return at < 0 ? -1 : at + needle.length;
        }
        const match = needle.exec(rest);
        return match === null ? -1 : match.index + match[0].length;
      },
      ms,
      String(needle),
    );
  }

  /** Exactly `count` bytes. */
  async bytes(count: number, ms = WAIT): Promise<string> {
    return this.consume((rest) => (rest.length < count ? -1 : count), ms, `${count} bytes`);
  }

  /** One whole HTTP/1 request: head and body by its own framing. */
  async request(ms = WAIT): Promise<string> {
    return this.consume((rest) => messageEnd(rest, false), ms, "a request");
  }

  /**
   * One whole HTTP/1 response that is framed by a length or by chunks. `bodyless` for the answer to HEAD. Interim (1xx) responses count as
   * one each. For a response ended by the close, wait with `closed()` and look at `received`.
   */
  async response(options: { readonly bodyless?: boolean; readonly ms?: number } = {}): Promise<string> {
    return this.consume((rest) => messageEnd(rest, options.bodyless === true), options.ms ?? WAIT, "a response");
  }

  /** Waits until the other side has ended its direction, by FIN or RST. */
  async closed(ms = WAIT): Promise<CloseKind> {
    const deadline = Date.now() + ms;
    while (this.closeKind === "open" && !this.gone) {
      if (await this.over(deadline)) {
        if (this.closeKind !== "open" || this.gone) break;
        throw this.timeout("the other side to close");
      }
    }
    return this.closeKind;
  }

  private async consume(end: (rest: string) => number, ms: number, what: string): Promise<string> {
    const deadline = Date.now() + ms;
    for (let last = false; ; last = await this.over(deadline)) {
      const rest = this.rest;
      const at = end(rest);
      if (at >= 0) {
        this.cursor += at;
        return rest.slice(0, at);
      }
      if (last) throw this.timeout(what);
      if (this.closeKind !== "open" || this.gone) {
        throw new PeerError(`${this.closeKind} while waiting for ${what}; got ${JSON.stringify(rest.slice(0, 300))}`);
      }
    }
  }

  /** Waits for a change; true when the deadline has passed, with everything taken in that was sent before. */
  private async over(deadline: number): Promise<boolean> {
    const left = deadline - Date.now();
    if (left <= 0) {
      await this.settle?.();
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiters.push(resolve);
    const timer = setTimeout(resolve, left);
    await promise;
    clearTimeout(timer);
    return false;
  }

  private timeout(what: string): PeerError {
    return new PeerError(`timed out waiting for ${what}; got ${JSON.stringify(this.rest.slice(0, 300))}`);
  }

  // Called by the handlers below.

  wake(): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const wake of waiters) wake();
  }

  flush(): void {
    const socket = this.socket;
    if (socket === null || this.gone) return;
    while (this.outbox !== null) {
      const wrote = socket.write(this.outbox, 0, this.outbox.length);
      if (wrote < 0) {
        this.outbox = null;
        break;
      }
      if (wrote < this.outbox.length) {
        this.outbox = this.outbox.subarray(wrote);
        return;
      }
      this.outbox = null;
    }
    if (this.finishing === "shutdown") {
      this.finishing = "no";
      socket.shutdown();
    } else if (this.finishing === "close") {
      this.finishing = "no";
      socket.end();
    }
  }
}

/** Socket handlers for connections whose `data` is a Peer; used by clients and servers alike. */
export const peerHandlers = {
  data(socket: Socket<Peer>, chunk: Buffer): void {
    socket.data.received += chunk.toString("latin1");
    socket.data.wake();
  },
  drain(socket: Socket<Peer>): void {
    socket.data.flush();
  },
  end(socket: Socket<Peer>): void {
    if (socket.data.closeKind === "open") socket.data.closeKind = "fin";
    socket.data.wake();
  },
  close(socket: Socket<Peer>, error?: Error): void {
    const peer = socket.data;
    // After our own FIN the other side's FIN is only seen as a close without an error. What comes after a FIN (a reset, because we sent
    // more) does not change how it ended.
    if (peer.closeKind === "open") peer.closeKind = error === undefined || error === null ? "fin" : "reset";
    peer.gone = true;
    peer.wake();
  },
  error(socket: Socket<Peer | undefined>): void {
    // A handshake that fails may have no peer yet.
    socket.data?.wake();
  },
};

/** Offset behind the first whole message, or -1. Lenient: test scripts send broken messages on purpose. */
export function messageEnd(text: string, bodyless: boolean): number {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return -1;
  const body = head + 4;
  const fields = text.slice(0, body).toLowerCase();
  if (bodyless || /^http\/1\.[01] (1\d\d|204|304)/.test(fields)) return body;
  if (/\r\ntransfer-encoding:[^\r]*chunked/.test(fields)) return chunkedEnd(text, body);
  const length = /\r\ncontent-length:\s*(\d+)/.exec(fields);
  if (length === null) return body;
  const end = body + Number(length[1]);
  return text.length >= end ? end : -1;
}

function chunkedEnd(text: string, from: number): number {
  let at = from;
  while (true) {
    const line = text.indexOf("\r\n", at);
    if (line < 0) return -1;
    const size = Number.parseInt(text.slice(at, line), 16);
    if (Number.isNaN(size)) return line + 2;
    if (size === 0) {
      // Trailers, if any, end with an empty line.
      if (text.startsWith("\r\n", line + 2)) return line + 4;
      const end = text.indexOf("\r\n\r\n", line);
      return end < 0 ? -1 : end + 4;
    }
    at = line + 2 + size + 2;
    if (at > text.length) return -1;
  }
}
