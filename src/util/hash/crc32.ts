const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    table[n] = c;
  }
  return table;
}

/** CRC-32 of Ethernet, gzip and PNG (ISO 3309). Bytes are the code units of `text[from, to)`. Unsigned. */
export function crc32(text: string, from: number, to: number): number {
  let crc = -1;
  for (let i = from; i < to; i++) crc = TABLE[(crc ^ text.charCodeAt(i)) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
