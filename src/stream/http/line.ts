/** Texts of a request as it stands, for the log and for keys of balance algorithms. */
import { BUILT, CANONICAL_LINE } from "../../codec/h1/flags.ts";
import { findName, valueText } from "../../codec/h1/view.ts";
import { firstValue } from "../../rules/lines.ts";
import { latin1 } from "../../util/latin1.ts";
import type { HttpStream } from "./stream.ts";

/** The request line as it is logged. */
export function requestLine({ req, rt }: HttpStream): string {
  const { logUriLen } = rt.global;
  const { buf } = req;
  if ((req.flags & (CANONICAL_LINE | BUILT)) !== 0) {
    return latin1(buf, req.start, Math.min(req.versionEnd, req.start + logUriLen));
  }
  const parts = `${latin1(buf, req.start, req.methodEnd)} ${latin1(buf, req.targetStart, req.targetEnd)} ${latin1(buf, req.versionStart, req.versionEnd)}`;
  return parts.slice(0, logUriLen);
}

/** The target, with what rules made of it. */
export function uriOf({ req, reqEdits }: HttpStream): string {
  const { target } = reqEdits;
  return target !== undefined ? target.toString("latin1") : latin1(req.buf, req.targetStart, req.targetEnd);
}

/** The first value of a header, with what rules made of it; null = there is none. */
export function headerOf({ req, reqEdits: edits }: HttpStream, name: string): string | null {
  const bytes = Buffer.from(name, "latin1");
  if (edits.touched || edits.appendedCount > 0) return firstValue(req, edits, bytes);
  const at = findName(req, bytes, 0);
  return at < 0 ? null : valueText(req, at);
}
