const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
    table[n] = c;
  }
  return table;
}

/** CRC-32C of iSCSI and SCTP (RFC 4960, appendix B). Unsigned. */
export function crc32c(text: string, from: number, to: number): number {
  let crc = -1;
  for (let i = from; i < to; i++) crc = TABLE[(crc ^ text.charCodeAt(i)) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The same of bytes[from, to). */
export function crc32cBytes(bytes: Uint8Array, from: number, to: number): number {
  let crc = -1;
  for (let i = from; i < to; i++) crc = TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
