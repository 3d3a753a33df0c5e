/** Samples as text. */
import { addressText } from "../../expr/cast.ts";
import type { SampleKind, Value } from "../../expr/sample.ts";

/** A value of an expression; strings in quotes, with what cannot be printed escaped; binary data in hexadecimal digits. */
export function valueText(value: Value, type: SampleKind): string {
  if (value instanceof Uint8Array) return value.length === 4 || value.length === 16 ? addressText(value) : hex(value);
  if (typeof value !== "string") return String(value);
  if (type === "meth") return value;
  if (type === "bin") return hex(Buffer.from(value, "latin1"));
  return quoted(value);
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/** Text in double quotes; control characters as \xNN. */
export function quoted(text: string): string {
  return `"${printable(text).replaceAll('"', '\\"')}"`;
}

/** Control characters as \xNN, bytes above 127 as UTF-8 where they are. */
export function printable(text: string): string {
  return utf8(text).replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function utf8(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text;
  const decoded = Buffer.from(text, "latin1").toString("utf8");
  return decoded.includes("\ufffd") ? text : decoded;
}
