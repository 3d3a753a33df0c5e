/** Dan Bernstein's hash of comp.lang.c: h = h × 33 + byte, from 5381. Bytes are the code units of `text[from, to)`. Unsigned. */
export function djb2(text: string, from: number, to: number): number {
  let hash = 5381;
  for (let i = from; i < to; i++) hash = (Math.imul(hash, 33) + text.charCodeAt(i)) | 0;
  return hash >>> 0;
}
