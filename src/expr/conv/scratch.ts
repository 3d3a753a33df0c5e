import { latin1, putLatin1 } from "../../util/latin1.ts";

/**
 * Working memory of the converters: one place to read a sample's bytes from and one to build results in. Both belong to
 * the running converter only until it returns; what leaves it is a string made of them.
 */
let input: Buffer = Buffer.allocUnsafeSlow(64 * 1024);
let output: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** The text's bytes at offset 0 of the shared input buffer; bytes after text.length are old. */
function bytesOf(text: string): Buffer {
  if (text.length > input.length) input = Buffer.allocUnsafeSlow(2 * text.length);
  putLatin1(input, text, 0);
  return input;
}

/** The text's bytes alone, as a view that dies with the next call. */
export function exactBytesOf(text: string): Uint8Array {
  return bytesOf(text).subarray(0, text.length);
}

/** The shared output buffer with room for `size` bytes. */
export function outputOf(size: number): Buffer {
  if (size > output.length) output = Buffer.allocUnsafeSlow(2 * size);
  return output;
}

/** Binary results of the platform as a sample. */
export function text(bytes: Uint8Array): string {
  return latin1(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.byteLength);
}
