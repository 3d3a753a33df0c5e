import { encodeHeader, escapeRfc5424 } from "../escape.ts";
import type { Flags, Formatter, Tag } from "../format.ts";
import { logText } from "../text.ts";
import type { LogRecord } from "../../../log/record.ts";

type Slots = readonly (string | null)[] | null;

/** "{a|b|}": all slots in braces; nothing when the frontend captures nothing. */
export function captureBlock(slots: Slots): string {
  if (slots === null || slots.length === 0) return "";
  let out = "{";
  for (let i = 0; i < slots.length; i++) {
    if (i > 0) out += "|";
    const value = slots[i];
    if (value !== null && value !== undefined) out += encodeHeader(value);
  }
  return out + "}";
}

function block(flags: Flags, value: (r: LogRecord) => Slots): Formatter {
  const q = flags.quote ? '"' : "";
  return (r) => {
    const slots = captureBlock(value(r));
    if (slots === "") return "";
    return q + (flags.escape ? escapeRfc5424(slots) : slots) + q;
  };
}

/** `a - b`, or `"a" "" "b"` quoted: one field for each slot. */
function list(flags: Flags, value: (r: LogRecord) => Slots): Formatter {
  const q = flags.quote ? '"' : "";
  const none = flags.quote ? '""' : "-";
  return (r) => {
    const slots = value(r);
    if (slots === null) return "";
    let out = "";
    for (let i = 0; i < slots.length; i++) {
      if (i > 0) out += " ";
      const slot = slots[i];
      if (slot === null || slot === undefined) out += none;
      else out += q + (flags.escape ? escapeRfc5424(encodeHeader(slot)) : encodeHeader(slot)) + q;
    }
    return out;
  };
}

/** One captured with a length of 0 is there, and empty. */
function cookie(flags: Flags, value: (r: LogRecord) => string | null): Formatter {
  const show = logText(flags, value);
  const empty = flags.quote ? '""' : "";
  return (r) => (value(r) === "" ? empty : show(r));
}

export const captureTags = {
  CC: { help: "captured request cookie", http: true, compile: (f) => cookie(f, (r) => r.requestCookie) },
  CS: { help: "captured response cookie", http: true, compile: (f) => cookie(f, (r) => r.responseCookie) },
  hr: { help: "captured request headers", optional: true, compile: (f) => block(f, (r) => r.requestCaptures) },
  hs: { help: "captured response headers", optional: true, compile: (f) => block(f, (r) => r.responseCaptures) },
  hrl: {
    help: "captured request headers, as fields",
    optional: true,
    compile: (f) => list(f, (r) => r.requestCaptures),
  },
  hsl: {
    help: "captured response headers, as fields",
    optional: true,
    compile: (f) => list(f, (r) => r.responseCaptures),
  },
} satisfies Record<string, Tag>;
