/** The request target and its parts (RFC 9112 section 3.2), with the edits of earlier rules. */
import type { Edits } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import { targetText } from "../../codec/h1/view.ts";
import { cleanTarget } from "../clean.ts";

export function targetOf(head: Head, edits: Edits): string {
  return edits.target === undefined ? targetText(head) : edits.target.toString("latin1");
}

/** Offset of the path; -1 for the forms that have none: `*`, an authority, an absolute form that ends with it. */
export function pathAt(target: string): number {
  if (target.startsWith("/")) return 0;
  const scheme = target.indexOf("://");
  return scheme < 0 ? -1 : target.indexOf("/", scheme + 3);
}

/** Offset of the path: behind scheme and authority of an absolute form; the length when there is no path. */
export function pathStart(target: string): number {
  if (target.startsWith("/")) return 0;
  const scheme = target.indexOf("://");
  if (scheme < 0) return target === "*" ? 0 : target.length;
  const slash = target.indexOf("/", scheme + 3);
  return slash < 0 ? target.length : slash;
}

/** Path and query; "/" where there is none. */
export function pathOf(target: string): string {
  const from = pathAt(target);
  return from < 0 ? "/" : target.slice(from);
}

/** Puts another target into the request line. */
export function setTarget(edits: Edits, target: string): void {
  edits.target = Buffer.from(cleanTarget(target), "latin1");
  // The received head no longer goes out as it came.
  edits.touched = true;
}
