/** fix_is_valid fix_tag_value: messages of the Financial Information eXchange protocol (manual, section 7.3.1). */
import type { ConverterRow } from "../converter.ts";
import { required } from "./row.ts";

const SOH = "\x01";
const BEGIN_STRING = 8;
const BODY_LENGTH = 9;
const CHECK_SUM = 10;
const MSG_TYPE = 35;

const tagNames: Readonly<Record<string, number>> = {
  BeginString: BEGIN_STRING,
  BodyLength: BODY_LENGTH,
  CheckSum: CHECK_SUM,
  MsgType: MSG_TYPE,
  SenderCompID: 49,
  TargetCompID: 56,
};

const versions = new Set(["FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4", "FIXT.1.1"]);

/** The shortest message: "8=FIX.x.y|9=n|35=t|10=abc|" and a little. */
const MIN_SIZE = 26;

/** A tag's number; -1 when it is none. */
function tagNumber(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : -1;
}

/** True, false, or null when more bytes are needed. */
function validateFix(message: string): boolean | null {
  if (message.length < MIN_SIZE) return null;
  let bodyLength = 0;
  let bodyStart = 0;
  let sum = 0;
  for (let at = 0, n = 0; ; n++) {
    const equals = message.indexOf("=", at);
    // What ends the value is looked for behind the "=": a tag with such a byte is no number.
    const end = equals < 0 ? -1 : message.indexOf(SOH, equals);
    if (end < 0) return null;
    if (equals === at) return false;
    const tag = tagNumber(message.slice(at, equals));
    if (tag < 0) return false;
    const value = message.slice(equals + 1, end);
    if (n === 0 && (tag !== BEGIN_STRING || !versions.has(value))) return false;
    if (n === 1) {
      if (tag !== BODY_LENGTH || !/^\d{1,9}$/.test(value)) return false;
      bodyLength = Number(value);
      bodyStart = end + 1;
    }
    if (n === 2 && tag !== MSG_TYPE) return false;
    if (tag === CHECK_SUM && n > 2) {
      return at - bodyStart === bodyLength && Number(value) === (sum & 255);
    }
    for (let i = at; i <= end; i++) sum += message.charCodeAt(i);
    at = end + 1;
  }
}

/** The value of the first such tag; null when there is none, undefined when more bytes may bring it. */
function findFixTag(message: string, wanted: number): string | null | undefined {
  for (let at = 0; at < message.length;) {
    const equals = message.indexOf("=", at);
    const end = equals < 0 ? -1 : message.indexOf(SOH, equals);
    if (end < 0) return undefined;
    const tag = tagNumber(message.slice(at, equals));
    if (tag < 0) return null;
    if (tag === wanted) return end === equals + 1 ? null : message.slice(equals + 1, end);
    at = end + 1;
  }
  return undefined;
}

export const fix: readonly ConverterRow[] = [
  {
    name: "fix_is_valid",
    args: [],
    in: "bin",
    out: "bool",
    help: "True when the bytes are a valid FIX message.",
    make: () => (value, ctx) => {
      const valid = validateFix(value as string);
      ctx.mayChange = valid === null;
      return valid;
    },
  },
  {
    name: "fix_tag_value",
    args: [required("tag", "str")],
    in: "bin",
    out: "bin",
    help: "The value of a tag of a FIX message, by number or name.",
    make(args) {
      const given = args[0]!.text;
      const tag = Object.hasOwn(tagNames, given) ? tagNames[given]! : tagNumber(given);
      if (tag <= 0) return { message: `expects a number or one of ${Object.keys(tagNames).join(", ")}`, arg: 0 };
      return (value, ctx) => {
        const found = findFixTag(value as string, tag);
        ctx.mayChange = found === undefined;
        return found ?? null;
      };
    },
  },
];
