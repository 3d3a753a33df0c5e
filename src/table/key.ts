import type { StickTableModel } from "../config/model.ts";

/** What a key is made of: latin1 text for `string` and `binary`, a number for `integer`, 4 or 16 bytes for addresses. */
export type KeyValue = string | number | Uint8Array;

/**
 * The key that is looked for, encoded as it stands in entries: padded with zeros, addresses in network order, longer texts cut, a
 * `string` ending at a NUL as HAProxy's does.
 */
export class KeyBuffer {
  readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly length: number;
  private readonly terminated: boolean;

  constructor({ keyType, keyLength }: Pick<StickTableModel, "keyType" | "keyLength">, cells: number) {
    this.words = new Int32Array(cells);
    this.bytes = new Uint8Array(this.words.buffer);
    this.length = keyLength;
    this.terminated = keyType === "string";
  }

  set(value: KeyValue): void {
    if (typeof value === "string") this.setText(value);
    else if (typeof value === "number") this.words[0] = value;
    else this.setBytes(value);
  }

  private setText(text: string): void {
    const { bytes, terminated } = this;
    const end = Math.min(text.length, this.length);
    let i = 0;
    for (; i < end; i++) {
      const code = text.charCodeAt(i);
      if (code === 0 && terminated) break;
      bytes[i] = code;
    }
    while (i < bytes.length) bytes[i++] = 0;
  }

  private setBytes(value: Uint8Array): void {
    const { bytes } = this;
    const end = Math.min(value.length, this.length);
    let i = 0;
    for (; i < end; i++) bytes[i] = value[i]!;
    while (i < bytes.length) bytes[i++] = 0;
  }
}

/** The key in `cells` from `at` on: what `KeyBuffer.set` was given, cut. */
export function keyValue(
  { keyType, keyLength }: Pick<StickTableModel, "keyType" | "keyLength">,
  cells: Int32Array,
  at: number,
): KeyValue {
  if (keyType === "integer") return cells[at]! >>> 0;
  const bytes = new Uint8Array(cells.buffer, cells.byteOffset + at * 4, keyLength);
  if (keyType === "ip" || keyType === "ipv6") return bytes.slice();
  let text = "";
  for (let i = 0; i < keyLength; i++) {
    const code = bytes[i]!;
    if (code === 0 && keyType === "string") break;
    text += String.fromCharCode(code);
  }
  return text;
}
