/**
 * Willy Tarreau's WT6: two words that rotate by amounts taken from each other. A rotation by 0 yields the word itself
 * (shift counts are taken modulo 32, on x86 as in JavaScript). Bytes are the code units of `text[from, to)`. Unsigned.
 */
export function wt6(text: string, from: number, to: number): number {
  let h0 = 0xa53c965a | 0;
  let h1 = 0x5ca6953a | 0;
  let turn0 = 6;
  let turn1 = 18;
  for (let i = from; i < to; i++) {
    const byte = text.charCodeAt(i);
    h0 = ~(h0 ^ byte);
    h1 = ~((h1 + byte) | 0);
    const turned = (h1 << turn0) | (h1 >>> (32 - turn0));
    h1 = (h0 << turn1) | (h0 >>> (32 - turn1));
    h0 = turned;
    const mixed = ((h0 >>> 16) ^ h1) & 0xffff;
    turn0 = mixed & 31;
    turn1 = mixed >>> 11;
  }
  return (h0 ^ h1) >>> 0;
}
