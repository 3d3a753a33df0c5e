/**
 * How much of an HTTP message is held, as HAProxy counts it: it keeps a start line of 20 bytes and its three parts, names and values
 * without what separates them, a byte for the end of the head, the payload without the framing of chunks, and for the end of a
 * chunked body another byte and the trailers.
 */
import { methodText } from "../../codec/h1/view.ts";
import type { SampleContext, Trailers } from "../context.ts";
import { HeaderWalk, request, response, Target } from "./message.ts";

export const START_LINE = 20;
/** "HTTP/1.1" */
const VERSION = 8;
const STATUS = 3;
const EVERY = new Uint8Array(0);

const walk = new HeaderWalk();
const target = new Target();

/** 0 without a request, or once it was sent. */
export function heldRequest(ctx: SampleContext): number {
  const head = ctx.reqHead;
  if (head === null || !walk.start(request, ctx, EVERY)) return 0;
  target.start(ctx);
  const method = ctx.reqEdits.method?.length ?? methodText(head).length;
  const line = START_LINE + method + (target.to - target.from) + VERSION;
  return line + headers() + (ctx.reqBodyHeld()?.length ?? 0) + tail(ctx.reqTrailers?.());
}

/** 0 without a response. */
export function heldResponse(ctx: SampleContext): number {
  const head = ctx.resHead;
  if (head === null || !walk.start(response, ctx, EVERY)) return 0;
  const reason = ctx.resEdits.reason?.length ?? head.reasonEnd - head.reasonStart;
  return (
    START_LINE + VERSION + STATUS + reason + headers() + (ctx.resBodyHeld()?.length ?? 0) + tail(ctx.resTrailers?.())
  );
}

/** Of the end of a chunked body. */
function tail(trailers: Trailers | null | undefined): number {
  if (trailers === null || trailers === undefined) return 0;
  let size = 1;
  for (const [name, value] of trailers) size += name.length + value.length;
  return size;
}

/** Of the walk that was started, with the end of the head. */
function headers(): number {
  let size = 1;
  while (walk.next()) size += walk.nameTo - walk.nameFrom + walk.heldTo - walk.heldFrom;
  return size;
}
