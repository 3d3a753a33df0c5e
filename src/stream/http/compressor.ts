/** The filter that compresses a body, and what it counts. */
import { C } from "../../counters/columns.ts";
import { type Context, Flush } from "../../codec/compress/native.ts";
import { contexts } from "../../codec/compress/pool.ts";
import { limitOf, rateLimits } from "../../counters/limits.ts";
import { countMany, readRate } from "../../counters/rate.ts";
import { L, PROCESS_LIVE } from "../../counters/shared.ts";
import { clock } from "../../util/clock.ts";
import type { StreamRuntime } from "../runtime.ts";
import type { BodyFilter, Frame } from "./filter.ts";
import { Flow } from "./filter.ts";
import type { HttpStream } from "./stream.ts";

/** Room asked for at a time. */
const STEP_BYTES = 65536;

/** More would be above `maxcomprate` or `maxcompcpuusage`. */
export function overLimit({ global, shared, slab }: StreamRuntime): boolean {
  const { compressionMaxCpu: cpu } = global;
  const rate = limitOf(shared, rateLimits.compression, global);
  if (rate > 0 && readRate(shared.live, PROCESS_LIVE + L.compIn, clock.now) > rate) return true;
  return cpu < 100 && slab[C.idlePercent]! < 100 - cpu;
}

/** Counted at the frontend and the backend, as in HAProxy. */
function count(stream: HttpStream, column: number, n: number): void {
  const { frontend, backend } = stream;
  const { slab } = frontend;
  slab[frontend.base + column]! += n;
  if (backend !== null) slab[backend.base + column]! += n;
}

export class Compressor implements BodyFilter {
  private context: Context | null;

  /** `context` null: the identity, which changes nothing. `response`: the counters are for responses alone. */
  constructor(
    private readonly stream: HttpStream,
    context: Context | null,
    private readonly response: boolean,
  ) {
    this.context = context;
  }

  data(buf: Buffer, from: number, to: number, flow: Flow, out: Frame): void {
    const { context } = this;
    const start = out.to;
    const compressing = context !== null && context.level > 0;
    if (context === null) {
      out.append(buf, from, to);
    } else {
      const flush = flow === Flow.end ? Flush.finish : flow === Flow.pause ? Flush.sync : Flush.none;
      let at = from;
      do {
        out.reserve(STEP_BYTES);
        const end = out.buf.length;
        context.write(flush, buf, at, to, out.buf, out.to, end);
        out.to = end - context.roomLeft;
        at = to - context.inputLeft;
      } while (context.roomLeft === 0);
    }
    const ends = flow === Flow.end;
    // The trailers count, as in HAProxy.
    const taken = to - from + (ends ? this.stream.resBody.trailerBytes : 0);
    if (this.response) this.account(taken, out.to - start, compressing);
    if (flow === Flow.pause && context !== null) this.adapt(context);
    if (!ends) return;
    if (this.response) count(this.stream, C.compResp, 1);
    this.giveBack();
  }

  /** Under a limit the level goes down, and up again behind it. */
  private adapt(context: Context): void {
    const { rt } = this.stream;
    if (overLimit(rt)) {
      if (context.level > 0) context.setLevel(context.level - 1);
    } else if (context.level < context.parameters.level) {
      context.setLevel(context.level + 1);
    }
  }

  private account(taken: number, made: number, compressing: boolean): void {
    const { stream } = this;
    const { live } = stream.rt.shared;
    const second = Math.floor(clock.now / 1000);
    if (compressing) {
      count(stream, C.compIn, taken);
      count(stream, C.compOut, made);
      countMany(live, PROCESS_LIVE + L.compIn, second, taken);
    } else {
      count(stream, C.compBypass, taken);
    }
    countMany(live, PROCESS_LIVE + L.compOut, second, made);
  }

  private giveBack(): void {
    const { context } = this;
    if (context === null) return;
    this.context = null;
    contexts.put(context);
  }

  release(): void {
    this.giveBack();
  }
}
