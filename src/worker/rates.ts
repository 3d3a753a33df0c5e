import { C } from "../counters/columns.ts";
import type { Compiled } from "../compile/compile.ts";
import { countPipes } from "../net/splice.ts";

/** What a worker tells about its last second, in the slot of the process. To be called once a second. */
export class SecondRates {
  private frontKeys = 0;
  private backKeys = 0;
  private reused = 0;
  private bytesOut = 0;

  /** `passed`: ms since the last call. */
  update(slab: Float64Array, { frontends }: Compiled, passed: number): void {
    const perSecond = (n: number): number => Math.round((Math.max(0, n) * 1000) / passed);
    const [frontKeys, backKeys, reused] = [slab[C.sslFrontKeys]!, slab[C.sslBackKeys]!, slab[C.sslReused]!];
    const front = (slab[C.sslFrontKeyRate] = perSecond(frontKeys - this.frontKeys));
    const back = (slab[C.sslBackKeyRate] = perSecond(backKeys - this.backKeys));
    slab[C.sslFrontRate] = front + perSecond(reused - this.reused);
    if (front > slab[C.sslFrontKeyRateMax]!) slab[C.sslFrontKeyRateMax] = front;
    if (back > slab[C.sslBackKeyRateMax]!) slab[C.sslBackKeyRateMax] = back;
    let bytesOut = 0;
    for (const { base } of frontends.values()) bytesOut += slab[base + C.bytesOut]!;
    slab[C.bytesOutRate] = perSecond(bytesOut - this.bytesOut);
    [this.frontKeys, this.backKeys, this.reused, this.bytesOut] = [frontKeys, backKeys, reused, bytesOut];
    const { used, free } = countPipes();
    slab[C.pipesUsed] = used;
    slab[C.pipesFree] = free;
  }
}
