/**
 * How much useless work a peer may cause. Events that make work and bring nothing on are paid from an account that fills up
 * with time and with honest work; a peer whose account is empty is disconnected (RFC 9113 section 10.5, ENHANCE_YOUR_CALM).
 */
export class Budget {
  private left: number;
  /** When the account was filled last; -1 = never asked. */
  private since = -1;

  /** `burst`: events at once; `rate`: further ones a second. */
  constructor(
    private readonly burst: number,
    private readonly rate: number,
  ) {
    this.left = burst;
  }

  /** One event; false: there were too many. `now` in ms. */
  spend(now: number): boolean {
    if (this.since < 0) this.since = now;
    if (--this.left >= 0) return true;
    // Only an empty account looks at the clock.
    const passed = now - this.since;
    this.since = now;
    this.left = Math.min(this.burst, Math.floor((passed * this.rate) / 1000)) - 1;
    return this.left >= 0;
  }

  /** Honest work: one more event is allowed. */
  earn(): void {
    if (this.left < this.burst) this.left++;
  }
}
