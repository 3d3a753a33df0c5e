/** Bytes that are held of a session, for the rules that look at them. */
import { Phase } from "../phase.ts";
import { Inspection } from "./step.ts";
import type { TcpStream } from "./stream.ts";

const EMPTY = Buffer.alloc(0);

/** Bytes of the client that rules may look at; null = they are gone. */
export function heldRequest(stream: TcpStream): Buffer | null {
  const { early } = stream;
  if (early === null) return stream.phase === Phase.request ? EMPTY : null;
  if (early.length > 1) stream.early = [Buffer.concat(early)];
  return stream.early![0]!.subarray(0, windowOf(stream));
}

/** The same of the server. */
export function heldResponse(stream: TcpStream): Buffer | null {
  const { late } = stream;
  if (late === null) return stream.step === Inspection.response ? EMPTY : null;
  if (late.length > 1) stream.late = [Buffer.concat(late)];
  return stream.late![0]!.subarray(0, windowOf(stream));
}

/** Bytes rules see at most: a buffer without the room kept for rewriting. */
export function windowOf({ rt }: TcpStream): number {
  const { bufsize, maxrewrite } = rt.global;
  return bufsize - maxrewrite;
}
