/** A growing area; what is in it is valid until the next request. */
export class Area {
  buf: Uint8Array = new Uint8Array(1024);
  at = 0;

  put(from: Uint8Array, start: number, end: number): void {
    const n = end - start;
    if (this.at + n > this.buf.length) {
      const grown = new Uint8Array(Math.max(2 * this.buf.length, this.at + n));
      grown.set(this.buf.subarray(0, this.at));
      this.buf = grown;
    }
    const { buf } = this;
    let at = this.at;
    for (let p = start; p < end; p++) buf[at++] = from[p]!;
    this.at = at;
  }

  byte(c: number): void {
    if (this.at >= this.buf.length) this.put(new Uint8Array(1), 0, 1);
    else this.at++;
    this.buf[this.at - 1] = c;
  }
}
