/** Streams that are remembered. */
const REMEMBERED = 64;

/** The last streams this side reset: frames that were under way on them are no error of the peer (RFC 9113 section 5.1, closed). */
export class RecentResets {
  private readonly ids = new Int32Array(REMEMBERED);
  private at = 0;

  note(id: number): void {
    this.ids[this.at] = id;
    this.at = (this.at + 1) % REMEMBERED;
  }

  has(id: number): boolean {
    return this.ids.includes(id);
  }
}
