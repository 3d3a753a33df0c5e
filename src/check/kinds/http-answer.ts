import { ChunkScanner } from "../../codec/h1/chunked.ts";
import { NEED_MORE } from "../../codec/h1/errors.ts";
import { defaultLimits, methodNames } from "../../codec/h1/flags.ts";
import { Framing, responseFraming } from "../../codec/h1/framing.ts";
import { Head, parseResponse } from "../../codec/h1/head.ts";
import { latin1 } from "../../util/latin1.ts";
import type { Answer } from "./http-expect.ts";

/** A check's buffer is read from its start each time: one head serves all of them. */
const head = new Head();

/**
 * Reads what has come of an answer. "bad": it is no HTTP, or its body breaks its coding; "wait": the head is not complete.
 * `last`: the peer closed or the buffer is full.
 */
export function readAnswer(received: Buffer, method: string, last: boolean): Answer | "bad" | "wait" {
  if (received.length === 0) return last ? "bad" : "wait";
  head.reset();
  const end = parseResponse(head, received, 0, received.length, defaultLimits);
  if (end === NEED_MORE) return last ? "bad" : "wait";
  if (end < 0) return "bad";
  const headers: [string, string][] = [];
  for (let i = 0; i < head.count; i++) {
    const at = i * 4;
    headers.push([
      latin1(received, head.index[at]!, head.index[at + 1]!),
      latin1(received, head.index[at + 2]!, head.index[at + 3]!),
    ]);
  }
  const body = readBody(received, end, method);
  if (body === null) return "bad";
  return {
    status: head.status,
    statusText: latin1(received, head.statusStart, head.statusEnd),
    reason: latin1(received, head.reasonStart, head.reasonEnd),
    headers,
    body: body.text,
    complete: last || body.complete,
  };
}

function readBody(received: Buffer, start: number, method: string): { text: string; complete: boolean } | null {
  const framing = responseFraming(head, Math.max(0, methodNames.indexOf(method)));
  switch (framing) {
    case Framing.NONE:
      return { text: "", complete: true };
    case Framing.LENGTH: {
      const end = Math.min(received.length, start + head.contentLength);
      return { text: latin1(received, start, end), complete: end - start === head.contentLength };
    }
    case Framing.CHUNKED: {
      const scanner = new ChunkScanner(defaultLimits);
      scanner.scan(received, start, received.length);
      if (scanner.error !== 0) return null;
      let text = "";
      for (let i = 0; i < scanner.rangeCount; i++) {
        text += latin1(received, scanner.ranges[i * 2]!, scanner.ranges[i * 2 + 1]!);
      }
      return { text, complete: scanner.done };
    }
    default:
      return { text: latin1(received, start, received.length), complete: false };
  }
}
