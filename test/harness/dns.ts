/** A DNS server of a test (RFC 1035): answers from a table, over UDP. */
import { createSocket } from "node:dgram";
import type { Scope } from "./scope.ts";

/** Record types (RFC 1035 section 3.2.2, RFC 3596). */
export const TYPE = { A: 1, CNAME: 5, AAAA: 28 } as const;

export interface Question {
  readonly name: string;
  readonly type: number;
}

/** One record of an answer; `data` is an address or a name, as the type has it. */
export interface DnsRecord {
  readonly name: string;
  readonly type: number;
  readonly data: string;
  readonly ttl?: number;
}

/** What to answer: records, a response code (3 is NXDOMAIN) with flags, or nothing at all. */
export type DnsAnswer =
  | readonly DnsRecord[]
  | { readonly code?: number; readonly truncated?: true; readonly records?: readonly DnsRecord[]; readonly id?: number }
  | null;

export interface DnsServer {
  readonly questions: Question[];
  close(): void;
}

export async function startDns(
  scope: Scope,
  address: string,
  port: number,
  answer: (question: Question) => DnsAnswer,
): Promise<DnsServer> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  const questions: Question[] = [];
  const bound = Promise.withResolvers<void>();
  socket.on("error", (error) => bound.reject(error));
  socket.on("message", (message, from) => {
    const question = readQuestion(message);
    questions.push(question);
    const found = answer(question);
    if (found === null) return;
    const reply = "length" in found ? { records: found } : found;
    socket.send(encode(message, reply), from.port, from.address);
  });
  socket.bind(port, address, () => bound.resolve());
  await bound.promise;
  let open = true;
  const close = (): void => {
    if (open) socket.close();
    open = false;
  };
  scope.defer(close);
  return { questions, close };
}

function questionEnd(message: Buffer): number {
  let at = 12;
  while (message[at]! > 0) at += 1 + message[at]!;
  return at + 5;
}

function readQuestion(message: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (; message[at]! > 0; at += 1 + message[at]!)
    labels.push(message.toString("latin1", at + 1, at + 1 + message[at]!));
  return { name: labels.join(".").toLowerCase(), type: message.readUInt16BE(at + 1) };
}

function encode(request: Buffer, reply: Exclude<DnsAnswer, null | readonly DnsRecord[]>): Buffer {
  const { records = [], code = 0, truncated = false } = reply;
  const head = Buffer.from(request.subarray(0, questionEnd(request)));
  head.writeUInt16BE(reply.id ?? request.readUInt16BE(0), 0);
  // An answer (QR), recursion desired and available.
  head.writeUInt16BE(0x8180 | (truncated ? 0x0200 : 0) | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...records.map((record) => recordBytes(record, request))]);
}

function recordBytes({ name, type, data, ttl = 60 }: DnsRecord, request: Buffer): Buffer {
  const value = type === TYPE.CNAME ? nameBytes(data) : addressBytes(data);
  // A pointer to the name of the question where it is that one (RFC 1035 section 4.1.4).
  const owner = name === readQuestion(request).name ? Buffer.of(0xc0, 12) : nameBytes(name);
  const middle = Buffer.alloc(10);
  middle.writeUInt16BE(type, 0);
  middle.writeUInt16BE(1, 2);
  middle.writeUInt32BE(ttl, 4);
  middle.writeUInt16BE(value.length, 8);
  return Buffer.concat([owner, middle, value]);
}

function nameBytes(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, "latin1")]));
  return Buffer.concat([...labels, Buffer.of(0)]);
}

function addressBytes(text: string): Buffer {
  if (!text.includes(":")) return Buffer.from(text.split(".").map(Number));
  const [left = "", right = ""] = text.split("::");
  const words = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const [a, b] = [words(left), words(right)];
  const all = [...a, ...new Array<number>(8 - a.length - b.length).fill(0), ...b];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 255]));
}
