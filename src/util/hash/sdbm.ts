/** The hash of the sdbm database library: h = byte + h × 65599. Bytes are the code units of `text[from, to)`. Unsigned. */
export function sdbm(text: string, from: number, to: number): number {
  let hash = 0;
  for (let i = from; i < to; i++) hash = (text.charCodeAt(i) + Math.imul(hash, 65599)) | 0;
  return hash >>> 0;
}
