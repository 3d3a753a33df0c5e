/** Pseudo-header fields (RFC 9113 section 8.3). */
import { equals } from "./fields.ts";

/** Bits, in the order of `Pseudo`. */
export const Pseudo = { METHOD: 0, SCHEME: 1, AUTHORITY: 2, PATH: 3, PROTOCOL: 4, STATUS: 5 } as const;

const names: readonly Uint8Array[] = [":method", ":scheme", ":authority", ":path", ":protocol", ":status"].map((name) =>
  Buffer.from(name, "latin1"),
);

/** Which pseudo-header field this is, -1 for an unknown one. The third byte tells most of them apart. */
export function pseudoOf(buf: Uint8Array, start: number, end: number): number {
  let which: number;
  switch (end - start) {
    case 5:
      which = Pseudo.PATH;
      break;
    case 7:
      which = buf[start + 1] === 109 ? Pseudo.METHOD : buf[start + 2] === 99 ? Pseudo.SCHEME : Pseudo.STATUS;
      break;
    case 9:
      which = Pseudo.PROTOCOL;
      break;
    case 10:
      which = Pseudo.AUTHORITY;
      break;
    default:
      return -1;
  }
  return equals(buf, start, end, names[which]!) ? which : -1;
}
