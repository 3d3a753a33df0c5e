/** The header of a frame (RFC 9113 section 4.1). */

/** Writes the header of a frame; returns the offset of its payload. */
export function writeFrameHeader(
  out: Uint8Array,
  pos: number,
  length: number,
  type: number,
  flags: number,
  id: number,
): number {
  out[pos] = length >>> 16;
  out[pos + 1] = length >>> 8;
  out[pos + 2] = length;
  out[pos + 3] = type;
  out[pos + 4] = flags;
  writeU32(out, pos + 5, id);
  return pos + 9;
}

/** Sets the length of a frame whose payload was written after its header. */
export function setFrameLength(out: Uint8Array, pos: number, length: number): void {
  out[pos] = length >>> 16;
  out[pos + 1] = length >>> 8;
  out[pos + 2] = length;
}

/** An unsigned 24-bit integer in network order. */
export function readU24(buf: Uint8Array, at: number): number {
  return (buf[at]! << 16) | (buf[at + 1]! << 8) | buf[at + 2]!;
}

/** An unsigned 32-bit integer in network order. */
export function readU32(buf: Uint8Array, at: number): number {
  return ((buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!) >>> 0;
}

/** 31 bits: the reserved one is ignored (section 4.1). */
export function readU31(buf: Uint8Array, at: number): number {
  return readU32(buf, at) & 0x7fffffff;
}

export function writeU32(out: Uint8Array, pos: number, value: number): number {
  out[pos] = value >>> 24;
  out[pos + 1] = value >>> 16;
  out[pos + 2] = value >>> 8;
  out[pos + 3] = value;
  return pos + 4;
}
