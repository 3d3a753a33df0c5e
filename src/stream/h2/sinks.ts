/** Where header blocks are decoded to: one of each for the worker, as a block is decoded in one go. */
import { randomBytes } from "node:crypto";
import { RequestSink } from "../../codec/h2/request.ts";
import { TrailerSink } from "../../codec/h2/trailers.ts";

/** RFC 6455 section 4.1: 16 bytes nobody can guess, in base64. */
export const requestSink: RequestSink = new RequestSink(() =>
  Buffer.from(randomBytes(16).toString("base64"), "latin1"),
);
export const trailerSink: TrailerSink = new TrailerSink();
