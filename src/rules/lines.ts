/** Header lines as rules see them: what was received, with all edits made so far. */
import { type Edits, encodeLine } from "../codec/h1/edits.ts";
import type { Head } from "../codec/h1/head.ts";
import { nameText, valueText } from "../codec/h1/view.ts";

function sameName(bytes: Uint8Array, start: number, length: number, name: Uint8Array): boolean {
  if (length !== name.length) return false;
  for (let k = 0; k < length; k++) if (bytes[start + k] !== name[k]) return false;
  return true;
}

/** A line of Edits, `name: value\r\n`, begins with this lower-case name. */
function lineHasName(line: Uint8Array, name: Uint8Array): boolean {
  return line[name.length] === 58 && sameName(line, 0, name.length, name);
}

function lineName(line: Buffer): string {
  return line.toString("latin1", 0, line.indexOf(58));
}

function lineValue(line: Buffer): string {
  return line.toString("latin1", line.indexOf(58) + 2, line.length - 2);
}

function headerHasName(head: Head, edits: Edits, i: number, name: Uint8Array): boolean {
  const line = edits.lineOf(i);
  if (line === null) return false;
  if (line !== undefined) return lineHasName(line, name);
  const start = head.index[4 * i]!;
  return sameName(head.buf, start, head.index[4 * i + 1]! - start, name);
}

/** Deletes every header with this lower-case name. */
export function removeHeader(head: Head, edits: Edits, name: Uint8Array): void {
  for (let i = 0; i < head.count; i++) if (headerHasName(head, edits, i, name)) edits.delete(i);
  for (let i = edits.appendedCount - 1; i >= 0; i--) if (lineHasName(edits.appended[i]!, name)) edits.removeAppended(i);
}

/** Deletes every header whose name passes. */
export function removeMatching(head: Head, edits: Edits, test: (name: string) => boolean): void {
  for (let i = 0; i < head.count; i++) {
    const line = edits.lineOf(i);
    if (line === null) continue;
    if (test(line === undefined ? nameText(head, i) : lineName(line))) edits.delete(i);
  }
  for (let i = edits.appendedCount - 1; i >= 0; i--) if (test(lineName(edits.appended[i]!))) edits.removeAppended(i);
}

/** Gives every header with this lower-case name another value, unless `change` returns null. */
export function changeValues(
  head: Head,
  edits: Edits,
  name: Uint8Array,
  text: string,
  change: (value: string) => string | null,
): void {
  for (let i = 0; i < head.count; i++) {
    if (!headerHasName(head, edits, i, name)) continue;
    const line = edits.lineOf(i);
    const value = change(line === undefined ? valueText(head, i) : lineValue(line!));
    if (value !== null) edits.replace(i, encodeLine(text, value));
  }
  for (let i = 0; i < edits.appendedCount; i++) {
    const line = edits.appended[i]!;
    if (!lineHasName(line, name)) continue;
    const value = change(lineValue(line));
    if (value === null) continue;
    edits.replaceAppended(i, encodeLine(text, value));
  }
}

/** The values of all headers with this lower-case name, in their order. */
export function valuesOf(head: Head, edits: Edits, name: Uint8Array): string[] {
  const values: string[] = [];
  for (let i = 0; i < head.count; i++) {
    if (!headerHasName(head, edits, i, name)) continue;
    const line = edits.lineOf(i);
    values.push(line === undefined ? valueText(head, i) : lineValue(line!));
  }
  for (let i = 0; i < edits.appendedCount; i++) {
    if (lineHasName(edits.appended[i]!, name)) values.push(lineValue(edits.appended[i]!));
  }
  return values;
}

/** The value of the first header with this lower-case name, or null. */
export function firstValue(head: Head, edits: Edits, name: Uint8Array): string | null {
  for (let i = 0; i < head.count; i++) {
    if (!headerHasName(head, edits, i, name)) continue;
    const line = edits.lineOf(i);
    return line === undefined ? valueText(head, i) : lineValue(line!);
  }
  for (let i = 0; i < edits.appendedCount; i++) {
    if (lineHasName(edits.appended[i]!, name)) return lineValue(edits.appended[i]!);
  }
  return null;
}
