/** Where frames gather until the end of a turn of the event loop, so that many of them cost one write. */

/** Who sends it; a part of SessionOwner. */
export interface OutputOwner {
  wake(): void;
  send(buf: Buffer, start: number, end: number): void;
}

const EMPTY: Buffer = Buffer.alloc(0);
/** Size of an area: what one write carries at most, but for single blocks that are larger. */
const AREA_BYTES = 65536;
const AREAS_KEPT = 8;

/** Areas nobody uses: a connection holds one only between its first frame of a turn and the flush. */
const areas: Buffer[] = [];

export class OutputArea {
  /** Written from 0 to `at`. */
  buf: Buffer = EMPTY;
  at = 0;
  /** How often it was flushed: an offset is good as long as this stays. */
  flushes = 0;
  private readonly owner: OutputOwner;

  constructor(owner: OutputOwner) {
    this.owner = owner;
  }

  /** Makes sure that `n` bytes fit at `at`; `at` and `buf` may change. */
  room(n: number): void {
    if (this.at + n <= this.buf.length) return;
    if (this.at > 0) this.flush();
    this.buf = n > AREA_BYTES ? Buffer.allocUnsafeSlow(n) : (areas.pop() ?? Buffer.allocUnsafeSlow(AREA_BYTES));
    this.owner.wake();
  }

  flush(): void {
    const { buf, at } = this;
    if (at > 0) this.owner.send(buf, 0, at);
    this.drop();
  }

  /** Forgets what was not sent. */
  drop(): void {
    const { buf } = this;
    this.buf = EMPTY;
    this.at = 0;
    this.flushes++;
    if (buf.length === AREA_BYTES && areas.length < AREAS_KEPT) areas.push(buf);
  }
}
