/** Answers of rules as bytes. */
import { cleanField } from "../../rules/clean.ts";
import { reasonOf } from "../../rules/reasons.ts";
import type { Answer } from "../../rules/types.ts";
import { builtinReply, parseReply, type Reply } from "./reply.ts";

/** Error files are read once: their answer is the same object each time. */
const pages = new WeakMap<Answer, Reply>();

export function renderAnswer(answer: Answer): Reply {
  if (answer.page !== undefined) return pageOf(answer, answer.page);
  const { status, headers, body } = answer;
  const reason = answer.reason ?? reasonOf(status);
  let head = `HTTP/1.1 ${status} ${reason}\r\n`;
  let size = 20 + 8 + 3 + reason.length + 1;
  for (const [name, value] of headers) {
    head += `${name}: ${cleanField(value)}\r\n`;
    size += name.length + value.length;
  }
  const bytes = Buffer.from(body, "latin1");
  const raw = Buffer.from(head, "latin1");
  return {
    status,
    closes: false,
    raw,
    head: raw,
    connection: null,
    body: bytes,
    size: size + bytes.length,
    http11: true,
  };
}

function pageOf(answer: Answer, bytes: string): Reply {
  let reply = pages.get(answer);
  if (reply === undefined) {
    const { status } = answer;
    reply = parseReply(status, Buffer.from(bytes, "latin1")) ?? builtinReply(status);
    pages.set(answer, reply);
  }
  return reply;
}
