/**
 * The authority of a request target and Host are one thing said twice (RFC 9112 section 3.2.2): where a rule changes one of them, the
 * other follows, as in HAProxy.
 */
import type { Edits } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import { targetText } from "../../codec/h1/view.ts";
import { changeValues } from "../lines.ts";
import { setTarget, targetOf } from "./target.ts";

const HOST = Buffer.from("host");

/** Where the authority of a target stands, without user and password; null for the forms that have none: a path, `*`, nothing. */
function authorityOf(target: string): readonly [from: number, to: number] | null {
  if (target === "" || target.startsWith("/") || target.startsWith("*")) return null;
  const start = /^[a-z][a-z0-9+.-]*:\/\//i.exec(target)?.[0].length ?? 0;
  const slash = target.indexOf("/", start);
  const to = slash < 0 ? target.length : slash;
  return [Math.max(start, target.lastIndexOf("@", to - 1) + 1), to];
}

/** After a change of the target: its authority goes into every Host. False when it has one that is empty. */
export function followTarget(head: Head, edits: Edits): boolean {
  const target = targetOf(head, edits);
  const found = authorityOf(target);
  edits.authority = found !== null;
  if (found === null) return true;
  const authority = target.slice(found[0], found[1]);
  if (authority === "") return false;
  changeValues(head, edits, HOST, "host", (old) => (old === authority ? null : authority));
  return true;
}

/** After a change of Host: it goes into a target that was received or given with an authority. */
export function followHost(head: Head, edits: Edits, host: string): void {
  if (!(edits.authority ?? authorityOf(targetText(head)) !== null)) return;
  const target = targetOf(head, edits);
  const found = authorityOf(target);
  if (found === null || target.slice(found[0], found[1]) === host) return;
  setTarget(edits, target.slice(0, found[0]) + host + target.slice(found[1]));
}
