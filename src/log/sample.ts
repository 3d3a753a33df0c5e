/**
 * `sample <ranges>:<size>`: of every `size` lines, numbered from 1, those within a range are sent. Counts for one target
 * of one process. Ranges are inclusive; their order does not matter.
 */
export class Sampler {
  readonly #chosen: Uint8Array;
  #next = 0;

  constructor(ranges: readonly (readonly [number, number])[], size: number) {
    this.#chosen = new Uint8Array(size);
    for (const [low, high] of ranges) this.#chosen.fill(1, low - 1, high);
  }

  /** Counts one line and says whether it is to be sent. */
  take(): boolean {
    const chosen = this.#chosen[this.#next] === 1;
    this.#next = this.#next + 1 === this.#chosen.length ? 0 : this.#next + 1;
    return chosen;
  }
}
