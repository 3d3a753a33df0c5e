/** language host_only port_only capture-req capture-res (manual, section 7.3.1). */
import type { ArgValue } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { Converter, ConverterRow } from "../converter.ts";
import { lowerAscii } from "./ascii.ts";
import { ofText, optional, required, textArg } from "./row.ts";

/** Offset of the last ':' unless a ']' comes behind it; -1 = none. */
function portColon(host: string): number {
  const colon = host.lastIndexOf(":");
  return colon >= 0 && host.indexOf("]", colon) < 0 ? colon : -1;
}

function hostOnly(host: string): string {
  const colon = portColon(host);
  return lowerAscii(colon < 0 ? host : host.slice(0, colon));
}

/** The number behind the last ':', 0 without one. As in HAProxy every byte counts as a digit, and the result wraps at 32 bits. */
function portOnly(host: string): number {
  const colon = portColon(host);
  if (colon < 0) return 0;
  let port = 0;
  for (let i = colon + 1; i < host.length; i++) port = (Math.imul(port, 10) + host.charCodeAt(i) - 48) | 0;
  return port >>> 0;
}

function isSpace(c: number): boolean {
  return c === 32 || (c >= 9 && c <= 13);
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** A tag matches itself and what goes on with '-' (RFC 4647, basic filtering); "en-GB" is matched by "en". */
function rangeMatches(text: string, from: number, to: number, tag: string): boolean {
  const length = to - from;
  if (length < tag.length || !text.startsWith(tag, from)) return false;
  return length === tag.length || text.charCodeAt(from + tag.length) === 45;
}

function skipSpaces(text: string, at: number): number {
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** The q value at `at` in thousandths, at most 1000; 1000 when there is none (RFC 9110, section 12.4.2). */
function qValue(text: string, at: number): number {
  if (!isDigit(text.charCodeAt(at))) return 1000;
  let q = (text.charCodeAt(at) - 48) * 1000;
  if (text.charCodeAt(at + 1) === 46) {
    for (let i = 0, unit = 100; i < 3 && isDigit(text.charCodeAt(at + 2 + i)); i++, unit /= 10) {
      q += (text.charCodeAt(at + 2 + i) - 48) * unit;
    }
  }
  return Math.min(q, 1000);
}

/** The q value of the element whose language ended at `at`; -1 when the element is malformed. */
function elementQ(text: string, at: number): number {
  let i = skipSpaces(text, at);
  if (i >= text.length || text[i] === ",") return 1000;
  if (text[i] !== ";") return -1;
  i = skipSpaces(text, i + 1);
  if (text[i] !== "q") return 1000;
  i = skipSpaces(text, i + 1);
  if (text[i] !== "=") return 1000;
  return qValue(text, skipSpaces(text, i + 1));
}

function makeLanguage(args: readonly ArgValue[]): Converter {
  const tags = textArg(args, 0).split(";");
  const otherwise = args[1] === undefined || args[1].text === "" ? null : args[1].text;
  return (value) => {
    const text = value as string;
    let best = "";
    let bestQ = 0;
    for (let at = 0; at < text.length;) {
      const from = skipSpaces(text, at);
      let to = from;
      while (to < text.length && text[to] !== ";" && text[to] !== "," && !isSpace(text.charCodeAt(to))) to++;
      if (to > from) {
        let n = 0;
        while (n < tags.length && !rangeMatches(text, from, to, tags[n]!)) n++;
        const q = n === tags.length ? -1 : elementQ(text, to);
        if (q > bestQ) {
          best = tags[n]!;
          bestQ = q;
          if (q >= 1000) break;
        }
      }
      const comma = text.indexOf(",", to);
      at = comma < 0 ? text.length : comma + 1;
    }
    return best === "" ? otherwise : best;
  };
}

/**
 * What a context needs for capture-req and capture-res. Cuts the text to the slot's length; false when there is no such slot,
 * or its side captures nothing.
 */
export interface CaptureWriter {
  capture(side: "request" | "response", slot: number, text: string): boolean;
}

/** Puts the text into a slot of `declare capture`; without that slot there is no sample. */
function capture(name: string, side: "request" | "response"): ConverterRow {
  return {
    name,
    args: [required("id", "int")],
    in: "str",
    out: "str",
    help: `Stores the text in a capture slot of the ${side} and passes it on.`,
    make(args) {
      const slot = Number(args[0]!.int);
      return (value, ctx) => {
        const writer = ctx as SampleContext & Partial<CaptureWriter>;
        return writer.capture?.(side, slot, value as string) === true ? value : null;
      };
    },
  };
}

export const https: readonly ConverterRow[] = [
  ofText("host_only", "str", "A Host value without its port, in lower case.", hostOnly),
  ofText("port_only", "sint", "The port of a Host value, 0 without one.", portOnly),
  {
    name: "language",
    args: [required("value", "str"), optional("default", "str")],
    in: "str",
    out: "str",
    help: "The best of 'a;b;c' for an Accept-Language value.",
    make: makeLanguage,
  },
  capture("capture-req", "request"),
  capture("capture-res", "response"),
];
