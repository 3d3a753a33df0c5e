import type { Stream } from "./stream.ts";

/**
 * Puts a text into a capture slot of the stream's frontend, cut to the slot's length. False when there is no such slot, or no
 * request that has any.
 */
export function storeCapture(stream: Stream, side: "request" | "response", slot: number, text: string): boolean {
  const { captures } = stream.frontend;
  const values = side === "request" ? stream.requestCaptures : stream.responseCaptures;
  if (captures === null || values === null || slot < 0 || slot >= values.length) return false;
  const model = (side === "request" ? captures.request : captures.response)[slot];
  // A reload may have given the frontend fewer slots than the stream began with.
  if (model === undefined) return false;
  values[slot] = text.length > model.len ? text.slice(0, model.len) : text;
  return true;
}
