/** Raw bytes held in the buffers (manual, section 7.3.5). */
import { latin1 } from "../../util/latin1.ts";
import type { ArgSpec } from "../args.ts";
import type { SampleContext } from "../context.ts";
import type { Use } from "../validity.ts";
import { heldRequest, heldResponse } from "./held.ts";
import type { FetchRow } from "./types.ts";

type Raw = (ctx: SampleContext) => Uint8Array | null;

/** In mode http the buffers hold parsed messages, whose bytes are not to be looked at. */
export const rawRequest: Raw = (ctx) => (ctx.mode === "http" ? null : ctx.rawRequest());
export const rawResponse: Raw = (ctx) => (ctx.mode === "http" ? null : ctx.rawResponse());

/** Text of bytes that may be a plain Uint8Array. */
export function bytesText(bytes: Uint8Array, from: number, to: number): string {
  return latin1(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), from, to);
}

/** The sample may come with more bytes: says so, and yields none. */
export function tooShort(ctx: SampleContext): null {
  if (!ctx.final) ctx.mayChange = true;
  return null;
}

const OFFSET: ArgSpec = { name: "offset", type: "int" };
const LENGTH: ArgSpec = { name: "length", type: "int" };

function payloadRow(name: string, raw: Raw, use: readonly Use[], replacedBy?: string): FetchRow {
  return {
    name,
    args: [OFFSET, LENGTH],
    type: "bin",
    use,
    help: "Bytes of the buffer from an offset on; length 0 takes all",
    ...(replacedBy ? { replacedBy } : {}),
    make: ([offsetArg, lengthArg], cc) => {
      const offset = Number(offsetArg!.int);
      const length = Number(lengthArg!.int);
      // HAProxy takes negative numbers for huge ones, which are never there.
      if (offset < 0 || length < 0) return () => null;
      return (ctx) => {
        const bytes = raw(ctx);
        if (bytes === null) return tooShort(ctx);
        if (offset + length > cc.bufsize) return null;
        if (offset + length > bytes.length) return tooShort(ctx);
        if (length === 0 && !ctx.final) ctx.mayChange = true;
        return bytesText(bytes, offset, length === 0 ? bytes.length : offset + length);
      };
    },
  };
}

/**
 * Where the block begins: behind its length, or what <offset2> says. A signed one is relative to there. HAProxy 2.6 keeps relative
 * offsets doubled plus one and forgets to double the others: an odd one is taken for relative, and both count half.
 */
function startOf(text: string, behind: number): number {
  const value = Number(text);
  if (text === "" || text[0] === "+" || text[0] === "-") return behind + value;
  return value % 2 === 1 ? behind + (value - 1) / 2 : value / 2;
}

function payloadLvRow(name: string, raw: Raw, use: readonly Use[], replacedBy?: string): FetchRow {
  return {
    name,
    args: [{ name: "offset1", type: "int" }, LENGTH, { name: "offset2", type: "str", optional: true }],
    type: "bin",
    use,
    help: "Bytes whose number stands in the buffer itself, in <length> bytes at <offset1>",
    ...(replacedBy ? { replacedBy } : {}),
    make: ([offsetArg, lengthArg, startArg], cc) => {
      const lengthAt = Number(offsetArg!.int);
      const lengthSize = Number(lengthArg!.int);
      if (lengthAt < 0) return { message: "the first offset is 0 or more", arg: 0 };
      if (lengthSize <= 0) return { message: "the length is more than 0", arg: 1 };
      const text = startArg?.text ?? "";
      if (!/^([+-]?\d+)?$/.test(text))
        return { message: `'${text}' is not a number, with '+' or '-' when relative`, arg: 2 };
      const start = startOf(text, lengthAt + lengthSize);
      if (start < 0) return { message: "the second offset points before the buffer", arg: 2 };
      return (ctx) => {
        const bytes = raw(ctx);
        if (bytes === null || lengthAt + lengthSize > bytes.length) return tooShort(ctx);
        let size = 0;
        for (let i = 0; i < lengthSize; i++) size = ((size << 8) | bytes[lengthAt + i]!) >>> 0;
        if (size === 0 || start + size > cc.bufsize) return null;
        return start + size > bytes.length ? tooShort(ctx) : bytesText(bytes, start, start + size);
      };
    },
  };
}

function lengthRow(
  name: string,
  raw: Raw,
  held: (ctx: SampleContext) => number,
  use: readonly Use[],
  replacedBy?: string,
): FetchRow {
  return {
    name,
    args: [],
    type: "sint",
    use,
    help: "Bytes in the buffer",
    ...(replacedBy ? { replacedBy } : {}),
    make: () => (ctx) => {
      if (!ctx.final) ctx.mayChange = true;
      return ctx.mode === "http" ? held(ctx) : (raw(ctx)?.length ?? 0);
    },
  };
}

/** Tokens of distcc that are followed by as many bytes as their parameter says. */
const DISTCC_BODIES = new Set(["ARGV", "CDIR", "DOTI", "DOTO", "FILE", "LINK", "NAME", "SERR", "SOUT"]);

/** Offset behind the header of occurrence `which` of a token, and its parameter. */
function findToken(
  ctx: SampleContext,
  bytes: Uint8Array,
  token: string,
  which: number,
): { readonly at: number; readonly parameter: number } | null {
  let seen = 0;
  let at = 0;
  for (;;) {
    if (at + 12 > bytes.length) return tooShort(ctx);
    const name = bytesText(bytes, at, at + 4);
    const digits = bytesText(bytes, at + 4, at + 12);
    if (!/^[0-9a-fA-F]{8}$/.test(digits)) return null;
    const parameter = Number.parseInt(digits, 16);
    at += 12;
    if (name === token && ++seen === which) return { at, parameter };
    if (DISTCC_BODIES.has(name)) at += parameter;
  }
}

function distccRow(name: "distcc_param" | "distcc_body"): FetchRow {
  const body = name === "distcc_body";
  return {
    name,
    args: [
      { name: "token", type: "str" },
      { name: "occ", type: "int", optional: true },
    ],
    type: body ? "bin" : "sint",
    use: ["request-head", "response-head"],
    help: body ? "Body of a token in a distcc message" : "Parameter of a token in a distcc message",
    make: ([token, occurrence]) => {
      const { text } = token!;
      if (text.length !== 4) return { message: "a token has 4 characters", arg: 0 };
      const which = Math.max(1, Number(occurrence?.int ?? 1));
      return (ctx) => {
        const bytes = rawRequest(ctx) ?? rawResponse(ctx);
        if (bytes === null) return tooShort(ctx);
        const found = findToken(ctx, bytes, text, which);
        if (found === null) return null;
        if (!body) return found.parameter;
        const end = found.at + found.parameter;
        return end > bytes.length ? tooShort(ctx) : bytesText(bytes, found.at, end);
      };
    },
  };
}

const BOTH: readonly Use[] = ["request-head", "response-head"];
/** The names without a direction look at the response once there is one. */
const either: Raw = (ctx) => rawResponse(ctx) ?? rawRequest(ctx);

export const payloadFetches: readonly FetchRow[] = [
  lengthRow("req.len", rawRequest, heldRequest, ["request-head"]),
  lengthRow("req_len", rawRequest, heldRequest, ["request-head"], "req.len"),
  lengthRow("res.len", rawResponse, heldResponse, ["response-head"]),
  payloadRow("req.payload", rawRequest, ["request-head"]),
  payloadRow("res.payload", rawResponse, ["response-head"]),
  payloadRow("payload", either, BOTH, "req.payload"),
  payloadLvRow("req.payload_lv", rawRequest, ["request-head"]),
  payloadLvRow("res.payload_lv", rawResponse, ["response-head"]),
  payloadLvRow("payload_lv", either, BOTH, "req.payload_lv"),
  distccRow("distcc_param"),
  distccRow("distcc_body"),
];
