import { latin1 } from "../../util/latin1.ts";

const SLOTS = 16;

/**
 * Strings made of parts of a head, kept while the head stays as it is: a hundred rules about the path make one string, not a hundred. A
 * slot for each place a part can begin at, modulo SLOTS; the last one asked for stays.
 */
export class HeadTexts {
  private readonly from = new Int32Array(SLOTS).fill(-1);
  private readonly to = new Int32Array(SLOTS);
  private readonly texts: string[] = new Array<string>(SLOTS).fill("");
  private used = false;

  /** buf[from, to) as text, one character per byte. */
  get(buf: Uint8Array, from: number, to: number): string {
    const slot = (from ^ (from >>> 4)) & (SLOTS - 1);
    if (this.from[slot] === from && this.to[slot] === to) return this.texts[slot]!;
    this.used = true;
    this.from[slot] = from;
    this.to[slot] = to;
    return (this.texts[slot] = latin1(buf, from, to));
  }

  /** The bytes are others now. */
  clear(): void {
    if (!this.used) return;
    this.used = false;
    this.from.fill(-1);
  }
}
