import { sha1 } from "../util/hash/sha1.ts";
import { putLatin1 } from "../util/latin1.ts";

const SCHEME = "https://";
let area: Buffer = Buffer.allocUnsafeSlow(4096);

/**
 * The key of an object, five words into `out`: the hash of its absolute URI. One that has no authority is taken as https at `host`, so that
 * clients of HTTP/1 and HTTP/2 share objects. False: there is no host.
 */
export function hashUri(uri: string, host: string | null, out: Int32Array): boolean {
  const first = uri.charCodeAt(0);
  const relative = first === 47 || first === 42;
  if (relative && host === null) return false;
  const most = SCHEME.length + uri.length + (host === null ? 0 : host.length);
  if (most > area.length) area = Buffer.allocUnsafeSlow(2 * most);
  let n = 0;
  if (relative) {
    n = putLatin1(area, SCHEME, 0);
    n = putLatin1(area, host!, n);
  }
  n = putLatin1(area, uri, n);
  sha1(area, n, out);
  return true;
}

/** The same from where the parts lie: the target is buf[start, end), the host buf[hostStart, hostEnd). The target has no authority. */
export function hashTarget(
  buf: Buffer,
  start: number,
  end: number,
  hostStart: number,
  hostEnd: number,
  out: Int32Array,
): void {
  const size = SCHEME.length + end - start + hostEnd - hostStart;
  if (size > area.length) area = Buffer.allocUnsafeSlow(2 * size);
  let n = putLatin1(area, SCHEME, 0);
  for (let p = hostStart; p < hostEnd; p++) area[n++] = buf[p]!;
  for (let p = start; p < end; p++) area[n++] = buf[p]!;
  sha1(area, n, out);
}

/** The number `show cache` prints: the first four bytes of the hash, the least one first. */
export function hashNumber(first: number): number {
  return (((first & 0xff) << 24) | ((first & 0xff00) << 8) | ((first >>> 8) & 0xff00) | (first >>> 24)) >>> 0;
}
