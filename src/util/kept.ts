/**
 * buf[start, end) for keeping while a slow peer takes its time: copied when it is less than a quarter of the memory it would keep alive,
 * which may be a slab that many reads share (net/slab.ts).
 */
export function kept(buf: Buffer, start: number, end: number): Buffer {
  const rest = buf.subarray(start, end);
  if (4 * rest.length >= rest.buffer.byteLength) return rest;
  const copy = Buffer.allocUnsafeSlow(end - start);
  buf.copy(copy, 0, start, end);
  return copy;
}
