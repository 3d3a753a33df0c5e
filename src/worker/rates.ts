import { C } from "../counters/columns.ts";
import type { Compiled } from "../compile/compile.ts";
import { countPipes } from "../net/splice.ts";

/** What a worker tells about its last second, in the slot of the process. To be called once a second. */
export class SecondRates {
  private bytesOut = 0;

  /** `passed`: ms since the last call. */
  update(slab: Float64Array, { frontends }: Compiled, passed: number): void {
    const perSecond = (n: number): number => Math.round((Math.max(0, n) * 1000) / passed);
    let bytesOut = 0;
    for (const { base } of frontends.values()) bytesOut += slab[base + C.bytesOut]!;
    slab[C.bytesOutRate] = perSecond(bytesOut - this.bytesOut);
    this.bytesOut = bytesOut;
    const { used, free } = countPipes();
    slab[C.pipesUsed] = used;
    slab[C.pipesFree] = free;
  }
}
