/**
 * `internal.htx.*`: HTTP messages the way HAProxy keeps them, for who compares programs (manual, section 7.3.7). A message is a list of
 * blocks: start line, headers, the end of the head, payload, trailers, the end of the trailers. A header that was removed
 * leaves its block behind.
 */
import type { Edits } from "../../codec/h1/edits.ts";
import type { Head } from "../../codec/h1/head.ts";
import { methodText } from "../../codec/h1/view.ts";
import { latin1 } from "../../util/latin1.ts";
import type { SampleContext } from "../context.ts";
import type { SampleKind, Value } from "../sample.ts";
import { START_LINE } from "./held.ts";
import { Target } from "./message.ts";
import type { FetchRow } from "./types.ts";

/** What HAProxy needs of a buffer for itself, and for each block. */
const OVERHEAD = 48;
const BLOCK = 8;

interface Block {
  readonly type: "REQ_SL" | "RES_SL" | "HDR" | "EOH" | "DATA" | "TLR" | "EOT" | "UNUSED";
  readonly size: number;
  /** Start line, name of a header, or payload. */
  readonly text: string;
  readonly value: string;
}

const UNUSED: Block = { type: "UNUSED", size: 0, text: "", value: "" };
const target = new Target();

function field(type: "HDR" | "TLR", name: string, value: string): Block {
  return { type, size: name.length + value.length, text: name, value };
}

/** Lines `name: value\r\n` that rules have made. */
function* linesOf(lines: Buffer): Generator<Block> {
  for (const line of lines.toString("latin1").split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) yield field("HDR", line.slice(0, colon), line.slice(colon + 1).trim());
  }
}

function* headers({ buf, index, count }: Head, edits: Edits): Generator<Block> {
  for (let i = 0; i < count; i++) {
    const k = i << 2;
    const line = edits.touched ? edits.lineOf(i) : undefined;
    if (line === null) yield UNUSED;
    else if (line !== undefined) yield* linesOf(line);
    else yield field("HDR", latin1(buf, index[k]!, index[k + 1]!), latin1(buf, index[k + 2]!, index[k + 3]!));
  }
  for (let i = 0; i < edits.appendedCount; i++) yield* linesOf(edits.appended[i]!);
}

function startLine(type: "REQ_SL" | "RES_SL", words: readonly string[]): Block {
  const size = START_LINE + words.reduce((sum, word) => sum + word.length, 0);
  return { type, size, text: words.join(" "), value: "" };
}

function requestLine(head: Head, ctx: SampleContext): Block {
  target.start(ctx);
  const method = ctx.reqEdits.method?.toString("latin1") ?? methodText(head);
  return startLine("REQ_SL", [method, latin1(Buffer.from(target.buf), target.from, target.to), version(head)]);
}

function responseLine(head: Head, { resEdits: edits, statusCode }: SampleContext): Block {
  const reason = edits.reason?.toString("latin1") ?? latin1(head.buf, head.reasonStart, head.reasonEnd);
  return startLine("RES_SL", [version(head), String(statusCode), reason]);
}

function version(head: Head): string {
  const { buf, versionStart, versionEnd } = head;
  return versionEnd > versionStart ? latin1(buf, versionStart, versionEnd) : "HTTP/1.1";
}

/** The message rules look at: the response once there is one. Null = none. */
function blocksOf(ctx: SampleContext): Block[] | null {
  if (ctx.mode !== "http") return null;
  const { resHead, reqHead } = ctx;
  const head = resHead ?? reqHead;
  if (head === null) return null;
  const out = [resHead === null ? requestLine(head, ctx) : responseLine(head, ctx)];
  out.push(...headers(head, resHead === null ? ctx.reqEdits : ctx.resEdits));
  out.push({ type: "EOH", size: 1, text: "", value: "" });
  const held = resHead === null ? ctx.reqBodyHeld() : ctx.resBodyHeld();
  if (held !== null && held.length > 0) {
    out.push({ type: "DATA", size: held.length, text: Buffer.from(held).toString("latin1"), value: "" });
  }
  const trailers = (resHead === null ? ctx.reqTrailers?.() : ctx.resTrailers?.()) ?? null;
  if (trailers !== null) {
    for (const [name, value] of trailers) out.push(field("TLR", name, value));
    out.push({ type: "EOT", size: 1, text: "", value: "" });
  }
  return out;
}

function dataOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { size }) => sum + size, 0);
}

type Read<T> = (from: T, ctx: SampleContext) => Value;

function ofMessage(name: string, help: string, read: (blocks: Block[], room: number) => number): FetchRow {
  return {
    name: `internal.htx.${name}`,
    args: [],
    type: "sint",
    use: ["request-head", "response-head"],
    help,
    make: (_args, cc) => (ctx) => {
      const blocks = blocksOf(ctx);
      return blocks === null ? null : read(blocks, cc.bufsize - OVERHEAD);
    },
  };
}

const FIRST = new Set(["head", "first"]);

function ofBlock(name: string, type: SampleKind, help: string, read: Read<Block>): FetchRow {
  return {
    name: `internal.htx_blk.${name}`,
    args: [{ name: "idx", type: "str" }],
    type,
    use: ["request-head", "response-head"],
    help: `${help}; by its place: head, first, tail or a number from 0`,
    make: ([arg]) => {
      const { text } = arg!;
      const place = FIRST.has(text) ? 0 : text === "tail" ? -1 : /^\d+$/.test(text) ? Number(text) : NaN;
      if (Number.isNaN(place)) return { message: `'${text}' is no place: head, first, tail or a number`, arg: 0 };
      return (ctx) => {
        const blocks = blocksOf(ctx);
        return blocks === null ? null : read(blocks.at(place) ?? UNUSED, ctx);
      };
    },
  };
}

const used = (blocks: readonly Block[]): number => dataOf(blocks) + blocks.length * BLOCK;

export const htxFetches: readonly FetchRow[] = [
  ofMessage("data", "Bytes of the message", dataOf),
  ofMessage("nbblks", "Blocks of the message", ({ length }) => length),
  ofMessage("size", "Bytes a message may take", (_blocks, room) => room),
  ofMessage("used", "Bytes the message takes with its blocks", used),
  ofMessage("free", "Bytes that are left", (blocks, room) => room - used(blocks)),
  ofMessage("free_data", "Bytes that are left for data", (blocks, room) => room - used(blocks) - BLOCK),
  {
    name: "internal.htx.has_eom",
    args: [],
    type: "bool",
    use: ["request-head", "response-head"],
    help: "True when the whole message is held",
    make: () => (ctx) =>
      ctx.mode !== "http" || (ctx.resHead ?? ctx.reqHead) === null ? null : (ctx.messageComplete ?? true),
  },
  ofBlock("size", "sint", "Bytes of a block", ({ size }) => size),
  ofBlock("type", "str", "Type of a block", ({ type }) => `HTX_BLK_${type}`),
  ofBlock("data", "bin", "Payload of a block", ({ type, text }) => (type === "DATA" ? text : "")),
  ofBlock("hdrname", "str", "Name of the header or trailer of a block", ({ type, text }) =>
    type === "HDR" || type === "TLR" ? text : "",
  ),
  ofBlock("hdrval", "str", "Value of the header or trailer of a block", ({ value }) => value),
  ofBlock("start_line", "str", "Start line of a block", ({ type, text }) => (type.endsWith("_SL") ? text : "")),
];
